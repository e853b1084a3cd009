import { describe, expect, it } from 'vitest';
import { linkToken, mailProblem, nameProblem, passwordProblem, safeReturnPath } from './credentials';

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

describe('mail addresses', () => {
  it.each(['ada@example.org', 'a+b@xn--e1afmkfd.example', 'ada@localhost'])('takes %s', (mail) => {
    expect(mailProblem(mail)).toBeNull();
  });

  it.each(['', 'ada', 'ada@', '@example.org', 'a da@example.org', 'a@b@c', `${'x'.repeat(250)}@b.org`])(
    'explains %j',
    (mail) => {
      expect(mailProblem(mail)).not.toBeNull();
    },
  );
});

describe('linkToken', () => {
  it.each([
    ['#token=abc-_1', 'abc-_1'],
    ['#token=', null],
    ['#other=1', null],
    ['', null],
  ])('finds in %j: %j', (hash, token) => {
    expect(linkToken(hash)).toBe(token);
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
