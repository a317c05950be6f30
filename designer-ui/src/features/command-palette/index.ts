export { CommandPalette } from './CommandPalette';
export { ShortcutSheet } from './ShortcutSheet';
export { openPalette, openShortcutSheet } from './state';
