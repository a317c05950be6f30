import { useEffect, useState } from 'react';
import { Later, later } from '@/lib/later';
import { usePaletteState } from './state';

const load = () => import('./dialogs');
const CommandPalette = later(() => load().then((module) => module.CommandPalette));
const ShortcutSheet = later(() => load().then((module) => module.ShortcutSheet));

/** Mounts palette and sheet on first use. Their code is fetched when the page is idle, so that they open at once. */
export function PaletteHost() {
  const { palette, sheet } = usePaletteState();
  const [used, setUsed] = useState(false);
  useEffect(() => {
    if (palette || sheet) setUsed(true);
  }, [palette, sheet]);
  useEffect(() => {
    // What cannot be fetched now is fetched when it is asked for.
    const timer = setTimeout(() => void load().catch(() => undefined), 2000);
    return () => clearTimeout(timer);
  }, []);
  if (!used && !palette && !sheet) return null;
  return (
    <Later fallback={null}>
      <CommandPalette />
      <ShortcutSheet />
    </Later>
  );
}
