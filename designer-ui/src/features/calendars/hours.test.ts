import { describe, expect, test } from 'vitest';
import { paint, readHours, spansOf, writeHours } from './hours';

// covers U-32
describe('hours of a day', () => {
  test('painting joins, splits and clears', () => {
    const office = spansOf([{ from: '09:00', to: '17:00' }]);
    expect(paint(office, [1020, 1080], true)).toEqual([[540, 1080]]);
    expect(paint(office, [720, 780], false)).toEqual([
      [540, 720],
      [780, 1020],
    ]);
    expect(paint(office, [0, 1440], false)).toEqual([]);
    expect(paint([], [1410, 1440], true)).toEqual([[1410, 1440]]);
  });

  test('text is read and written', () => {
    expect(writeHours(readHours('13:00–17:30, 9-12') ?? [])).toBe('09:00–12:00, 13:00–17:30');
    expect(readHours('')).toEqual([]);
    expect(readHours('22-24')).toEqual([{ from: '22:00', to: '24:00' }]);
    for (const wrong of ['22-6', 'nine', '9-12, 11-13', '9-25', '9:70-10', '9-10-11', '9'])
      expect(readHours(wrong), wrong).toBeNull();
  });
});
