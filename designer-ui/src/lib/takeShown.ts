import type { KeyboardEvent } from 'react';

/**
 * Enter takes the choice that an open list shows as the one where the arrows stand.
 *
 * The list remembers a number beside what it shows. The number is read anew a moment after the list was opened, so an
 * arrow that was quicker is forgotten; and it points at another choice once choices are put before it, as happens when
 * they are fetched. What is seen has to be what is taken.
 */
export function takeShown(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  const { target } = event;
  if (!(target instanceof HTMLElement) || target.getAttribute('aria-expanded') !== 'true') return;
  const list = document.getElementById(target.getAttribute('aria-controls') ?? '');
  const shown = list?.querySelector<HTMLElement>('[data-combobox-option][data-combobox-selected]');
  if (!shown) return;
  event.preventDefault();
  event.stopPropagation();
  shown.click();
}
