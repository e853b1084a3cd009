import { describe, expect, it } from 'vitest';
import { nameProblem, passwordProblem, safeReturnPath } from './credentials';

describe('names', () => {
  it.each(['ada', 'A_1', 'x'.repeat(25)])('takes %s', (name) => {
    expect(nameProblem(name)).toBeNull();
  });

  it.each(['', 'ab', 'x'.repeat(26), 'a b c', 'ädä', 'a-b'])('explains %j', (name) => {
    expect(nameProblem(name)).not.toBeNull();
  });
});

describe('passwords', () => {
  it('are long and not the name', () => {
    expect(passwordProblem('correct horse', 'ada')).toBeNull();
    expect(passwordProblem('short', 'ada')).toContain('8');
    expect(passwordProblem('LoveLace', 'lovelace')).not.toBeNull();
  });
});

describe('safeReturnPath', () => {
  it.each([
    ['/studio', '/studio'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    [null, '/'],
  ])('takes %j for %s', (next, path) => {
    expect(safeReturnPath(next)).toBe(path);
  });
});
