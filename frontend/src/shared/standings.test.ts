import { describe, expect, it } from 'vitest';
import type { ManagedChannel } from './api/types';
import { hrefOn, sectionsFor, standingsOn, type Standing } from './standings';

const ada = { name: 'ada', is_administrator: false };
const root = { name: 'root', is_administrator: true };

function managed(name: string, role: string): ManagedChannel {
  return { id: `chn_${name}`, name, title: '', role, suspension: null, deletion_due_at: null };
}

describe('standingsOn', () => {
  const list = [managed('ada', 'owner'), managed('grace', 'editor'), managed('linus', 'vip')];

  it.each<[string, readonly Standing[]]>([
    ['ada', ['owner']],
    ['grace', ['editor']],
    ['linus', []],
    ['nobody', []],
  ])('says what somebody is to %s', (channel, standings) => {
    expect(standingsOn(channel, ada, list)).toEqual(standings);
  });

  it('adds what administrators are everywhere but on their own channel', () => {
    expect(standingsOn('grace', root, list)).toEqual(['editor', 'administrator']);
    expect(standingsOn('nobody', root, list)).toEqual(['administrator']);
    expect(standingsOn('root', root, list)).toEqual(['owner']);
  });
});

it('leaves out the sections that are closed to somebody', () => {
  const section = (href: string, ...opens: Standing[]) => ({ href, label: href, Icon: null as never, opens });
  const sections = [section('/keys', 'owner'), section('/people', 'owner', 'moderator')];
  expect(sectionsFor(sections, ['moderator']).map(({ href }) => href)).toEqual(['/people']);
  expect(sectionsFor(sections, [])).toEqual([]);
});

it('names the channel of another in the address', () => {
  expect(hrefOn('/studio/community', '')).toBe('/studio/community');
  expect(hrefOn('/studio/community', 'ada')).toBe('/studio/community?channel=ada');
});
