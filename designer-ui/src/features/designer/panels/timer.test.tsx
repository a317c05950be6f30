import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { timerText } from '@/canvas/nodeText';
import type { Trigger } from '@/lib/process/types';
import { showPanel } from '@/test/panel';
import type { Designer } from '../DesignerContext';

const post = vi.hoisted(() => vi.fn());
vi.mock('@/api/client', async (original) => ({
  ...(await original<typeof import('@/api/client')>()),
  api: { get: () => new Promise(() => undefined), post },
}));
vi.mock('@/features/identity/useSession', () => ({ useMay: () => true }));

const show = (trigger: Trigger, own: Partial<Designer> = {}) =>
  showPanel({ id: 'w', kind: 'catchEvent', trigger }, 'trigger', own);

const says = () => document.querySelector('[data-timer-says]')?.textContent;

describe('a timer beside a date', { timeout: 60_000 }, () => {
  beforeEach(() => {
    post.mockReset();
    post.mockResolvedValue({
      zone: 'Europe/Warsaw',
      firings: [{ at: '2026-12-07T08:00:00Z', local: '', offset: '' }],
    });
  });

  it('is set by pointer, says what it means, and goes back to the date itself', async () => {
    const seen = show({ timer: { after: 'P2D' } });
    fireEvent.click(screen.getByRole('radio', { name: 'At a date' }));
    post.mockClear();
    expect(seen).toHaveBeenLastCalledWith({ timer: { at: { expr: 'record.expectedCloseAt' } } });
    expect(says()).toBe('record.expectedCloseAt');
    fireEvent.click(screen.getByRole('combobox', { name: 'When it is due' }));
    fireEvent.click(await screen.findByRole('option', { name: 'So long before' }));
    expect(seen).toHaveBeenLastCalledWith({
      timer: { at: { expr: 'record.expectedCloseAt' }, before: 'P1D' },
    });
    fireEvent.change(screen.getByLabelText(/^How long before/), { target: { value: '3' } });
    expect(says()).toBe('3 days before record.expectedCloseAt');
    expect(post).not.toHaveBeenCalled();
    expect(document.querySelector('[data-span-end]')).toBeNull();
    fireEvent.click(screen.getByRole('combobox', { name: 'When it is due' }));
    fireEvent.click(await screen.findByRole('option', { name: 'Exactly then' }));
    expect(seen).toHaveBeenLastCalledWith({ timer: { at: { expr: 'record.expectedCloseAt' } } });
    expect(screen.queryByLabelText(/^How long before/)).toBeNull();
  });

  it('is set by keyboard, keeps the rest of the rule, and tells the moment of a fixed date', async () => {
    const seen = show({ timer: { at: '2026-12-10T09:00', zone: 'Europe/Warsaw' } });
    screen.getByRole('combobox', { name: 'When it is due' }).focus();
    await userEvent.keyboard('{Enter}{ArrowDown}{ArrowDown}{Enter}');
    expect(seen).toHaveBeenLastCalledWith({
      timer: { at: '2026-12-10T09:00', zone: 'Europe/Warsaw', after: 'P1D' },
    });
    screen.getByRole('combobox', { name: 'When it is due' }).focus();
    await userEvent.keyboard('{Enter}{ArrowUp}{Enter}');
    const length = screen.getByLabelText(/^How long before/);
    await userEvent.clear(length);
    expect(length.isConnected, 'an empty length is being typed').toBe(true);
    await userEvent.type(length, '3');
    expect(seen).toHaveBeenLastCalledWith({
      timer: { at: '2026-12-10T09:00', zone: 'Europe/Warsaw', before: 'P3D' },
    });
    await vi.waitFor(() => expect(says()).toMatch(/^3 days before .*2026.*: .*2026/));
    expect(post).toHaveBeenLastCalledWith(
      '/schedules/preview',
      { timer: { at: '2026-12-10T09:00', zone: 'Europe/Warsaw', before: 'P3D' } },
      expect.anything(),
    );
  });

  it('is opened as it was drawn', () => {
    show({ timer: { at: '2026-12-10', after: { amount: 2, unit: 'workingDay' } } });
    expect(screen.getByRole('radio', { name: 'At a date' })).toHaveProperty('checked', true);
    expect(screen.getByRole('combobox', { name: 'When it is due' })).toHaveProperty('value', 'So long after');
  });

  it('is said in words', () => {
    const t = i18next.getFixedT('en', 'designer');
    const rule = { at: '2026-12-10', before: { amount: 2, unit: 'workingDay' } };
    expect(timerText(t, 'en', rule)).toBe('2 working days before Dec 10, 2026');
    expect(timerText(t, 'en', { at: { expr: 'record.due' }, after: 'PT4H' }, 'Due')).toBe(
      '4 hours after Due',
    );
    expect(timerText(t, 'en', { at: 'soon' })).toBe('soon');
    expect(timerText(t, 'en', { every: 'PT1H' })).toBe('1 hour');
  });
});

describe('a wait that was just added', { timeout: 60_000 }, () => {
  it('asks how long it takes, and says that its day is only suggested until another time is written', async () => {
    const onSuggested = vi.fn();
    const seen = show({ timer: { after: 'P1D' } }, { suggested: 'w', onSuggested });
    const field = screen.getByLabelText('Time');
    expect(field).toHaveFocus();
    expect(onSuggested).toHaveBeenCalledTimes(1);
    expect(screen.getByText(/only suggested/)).toBeVisible();
    // Its text is selected, so that typing writes over it.
    await userEvent.keyboard('3');
    expect(seen).toHaveBeenLastCalledWith({ timer: { after: 'P3D' } });
    expect(screen.queryByText(/only suggested/)).toBeNull();
  });

  it('asks nothing when it is selected later', () => {
    show({ timer: { after: 'P1D' } }, { suggested: undefined });
    expect(document.body).toHaveFocus();
    expect(screen.queryByText(/only suggested/)).toBeNull();
  });
});
