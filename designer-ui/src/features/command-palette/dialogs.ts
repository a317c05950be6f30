export { CommandPalette } from './CommandPalette';
export { ShortcutSheet } from './ShortcutSheet';
