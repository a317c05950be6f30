import { lazy, Suspense, useEffect, useState } from 'react';
import { usePaletteState } from './state';

const load = () => import('./dialogs');
const CommandPalette = lazy(() => load().then((module) => ({ default: module.CommandPalette })));
const ShortcutSheet = lazy(() => load().then((module) => ({ default: module.ShortcutSheet })));

/** Mounts palette and sheet on first use. Their code is fetched when the page is idle, so that they open at once. */
export function PaletteHost() {
  const { palette, sheet } = usePaletteState();
  const [used, setUsed] = useState(false);
  useEffect(() => {
    if (palette || sheet) setUsed(true);
  }, [palette, sheet]);
  useEffect(() => {
    const timer = setTimeout(() => void load(), 2000);
    return () => clearTimeout(timer);
  }, []);
  if (!used && !palette && !sheet) return null;
  return (
    <Suspense fallback={null}>
      <CommandPalette />
      <ShortcutSheet />
    </Suspense>
  );
}
