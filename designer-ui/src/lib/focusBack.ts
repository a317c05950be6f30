/** How many of the places that had the focus are remembered: the last of them may have gone together with what opened a dialog. */
const REMEMBERED = 12;

/** Nothing has the focus: whoever has it was given it by somebody who knows more. */
const isFree = (): boolean => document.activeElement === document.body || document.activeElement === null;

/**
 * Gives the focus back when a dialog goes away: to what had it before, or to what had it before that where the first is gone,
 * be it later, with the answer to what the dialog has asked for.
 * Most dialogs are there only while they are open, and nothing of theirs is left that could do it. Returns what ends it.
 */
export function giveFocusBack(): () => void {
  let places: HTMLElement[] = [];
  const known = new WeakSet<Element>();
  const watching = new Set<() => void>();
  /** Calls `gone` once the element is no longer there; the result ends it before. */
  const whenGone = (element: Element, gone: () => void): (() => void) => {
    const watch = new MutationObserver(() => {
      if (element.isConnected) return;
      end();
      gone();
    });
    const end = (): void => {
      watch.disconnect();
      watching.delete(end);
    };
    watching.add(end);
    watch.observe(document.body, { childList: true, subtree: true });
    return end;
  };
  const giveTo = (before: readonly HTMLElement[]): void => {
    if (isFree()) before.findLast((place) => place.isConnected)?.focus({ preventScroll: true });
    const place = document.activeElement;
    // What opened the dialog may go, too: "Suspend" once it is known that nothing runs any more.
    if (!(place instanceof HTMLElement) || !before.includes(place)) return;
    const end = whenGone(place, () => giveTo(before));
    // Left by the person. What goes away loses the focus as well, and is gone a moment later.
    const onBlur = (): void => queueMicrotask(() => place.isConnected && end());
    place.addEventListener('blur', onBlur, { once: true });
  };
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return;
    const dialog = target.closest('[aria-modal="true"]');
    if (dialog && !known.has(dialog)) {
      known.add(dialog);
      const before = places;
      whenGone(dialog, () => giveTo(before));
    }
    places = [...places.filter((place) => place !== target && place.isConnected), target].slice(-REMEMBERED);
  };
  document.addEventListener('focusin', onFocus);
  return () => {
    document.removeEventListener('focusin', onFocus);
    for (const end of watching) end();
  };
}
