import { expect, test } from 'vitest';
import { formatDateTime } from '@/lib/format';
import { told } from './NotificationList';

test('a line has its moment by the clock of who reads it', () => {
  const when = '2026-11-24T10:00:00.000Z';
  expect(told({ text: 'Booked: Blue 24 Nov', pattern: 'Booked: Blue {{when}}', when })).toBe(
    `Booked: Blue ${formatDateTime(when)}`,
  );
  expect(told({ text: 'x', pattern: 'Named {{when}}: {{when}}!', when })).toBe(
    `Named {{when}}: ${formatDateTime(when)}!`,
  );
  expect(told({ text: 'A task' })).toBe('A task');
});
