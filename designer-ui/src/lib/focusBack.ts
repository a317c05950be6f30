/** How many of the places that had the focus are remembered: the last of them may have gone together with what opened a dialog. */
const REMEMBERED = 12;

/**
 * Gives the focus back when a dialog goes away: to what had it before, or to what had it before that where the first is gone.
 * Most dialogs are there only while they are open, and nothing of theirs is left that could do it. Returns what ends it.
 */
export function giveFocusBack(): () => void {
  let places: HTMLElement[] = [];
  const known = new WeakSet<Element>();
  const watching = new Set<MutationObserver>();
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return;
    const dialog = target.closest('[aria-modal="true"]');
    if (dialog && !known.has(dialog)) {
      known.add(dialog);
      const before = places;
      const watch = new MutationObserver(() => {
        if (dialog.isConnected) return;
        watch.disconnect();
        watching.delete(watch);
        // Whoever has the focus by now was given it by somebody who knows more.
        if (document.activeElement !== document.body && document.activeElement !== null) return;
        before.findLast((place) => place.isConnected)?.focus({ preventScroll: true });
      });
      watching.add(watch);
      watch.observe(document.body, { childList: true, subtree: true });
    }
    places = [...places.filter((place) => place !== target && place.isConnected), target].slice(-REMEMBERED);
  };
  document.addEventListener('focusin', onFocus);
  return () => {
    document.removeEventListener('focusin', onFocus);
    for (const watch of watching) watch.disconnect();
  };
}
