import { useCallback, useState } from 'react';
import { storage } from '@/lib/storage';

/** The palette on the left, and what is set of the selection on the right. */
export type Panel = 'palette' | 'settings';

/** Panels that are folded away, so that the drawing has their room; as somebody left them in this browser. */
export function usePanels(): {
  readonly isFolded: (panel: Panel) => boolean;
  readonly fold: (panel: Panel, folded: boolean) => void;
} {
  const read = (panel: Panel): boolean => storage.get(`designer.${panel}`) === 'folded';
  const [folded, setFolded] = useState({ palette: read('palette'), settings: read('settings') });
  const fold = useCallback((panel: Panel, away: boolean): void => {
    storage.set(`designer.${panel}`, away ? 'folded' : null);
    setFolded((old) => ({ ...old, [panel]: away }));
  }, []);
  return { isFolded: (panel) => folded[panel], fold };
}
