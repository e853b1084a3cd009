import { describe, expect, it } from 'vitest';
import { endOf, reasonProblem } from './suspensions';

const now = Date.parse('2026-01-01T00:00:00Z');

describe('suspensions', () => {
  it('end after days, or never', () => {
    expect(endOf('7', now)).toBe('2026-01-08T00:00:00.000Z');
    expect(endOf('', now)).toBeNull();
  });

  it('need a reason that is not too long, counted in code points', () => {
    expect(reasonProblem('  ')).not.toBeNull();
    expect(reasonProblem('spam')).toBeNull();
    expect(reasonProblem('😀'.repeat(500))).toBeNull();
    expect(reasonProblem('x'.repeat(501))).not.toBeNull();
  });
});
