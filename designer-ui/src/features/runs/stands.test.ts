import { describe, expect, it } from 'vitest';
import type { Run, Wait } from './queries';
import { firstSentence, stands } from './stands';

describe('incidents in words', () => {
  it('waits for an operator where a robot has an incident', () => {
    const run = { openIncidents: [{ node: 'mail' }] } as Run;
    expect(stands({ kind: 'effect', node: 'mail' } as Wait, run)).toBe(true);
    expect(stands({ kind: 'effect', node: 'other' } as Wait, run)).toBe(false);
    expect(stands({ kind: 'task', node: 'mail' } as Wait, run)).toBe(false);
  });
  it('says what is wrong in short', () => {
    expect(firstSentence('The server cannot be reached. Check it, then retry.')).toBe(
      'The server cannot be reached',
    );
    expect(firstSentence('One sentence')).toBe('One sentence');
  });
});
