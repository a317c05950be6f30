import { describe, expect, it } from 'vitest';
import { shareOf } from './time';

const start = new Date('2026-11-24T00:00:00Z');
const end = new Date('2026-11-25T00:00:00Z');

describe('shareOf', () => {
  it('places what lies within the day', () => {
    expect(shareOf('2026-11-24T06:00:00Z', '2026-11-24T12:00:00Z', start, end)).toEqual({
      left: 25,
      width: 25,
    });
  });
  it('cuts what reaches over its ends', () => {
    expect(shareOf('2026-11-23T06:00:00Z', '2026-11-24T12:00:00Z', start, end)).toEqual({
      left: 0,
      width: 50,
    });
    expect(shareOf('2026-11-24T18:00:00Z', '2026-11-26T12:00:00Z', start, end)).toEqual({
      left: 75,
      width: 25,
    });
  });
  it('leaves out what only touches it', () => {
    expect(shareOf('2026-11-23T06:00:00Z', '2026-11-24T00:00:00Z', start, end)).toBeNull();
    expect(shareOf('2026-11-25T00:00:00Z', '2026-11-25T01:00:00Z', start, end)).toBeNull();
  });
});
