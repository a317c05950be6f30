export { PaletteHost } from './PaletteHost';
export { openPalette, openShortcutSheet } from './state';
