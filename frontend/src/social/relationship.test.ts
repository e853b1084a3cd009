// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Relationship } from './relationship.svelte';

const follow = { followed_at: '2026-01-01T00:00:00Z', notifies: true };
const tier = { id: 'tir_1', name: 'Gold', price: { amount: 499, currency: 'EUR' }, benefits: [] };
let answers: Record<string, () => Response>;
let asked: string[];
let relationship: Relationship;

beforeEach(() => {
  asked = [];
  answers = {
    'GET relationship': () => Response.json({ roles: [], follow: null, subscription: null }),
    'GET tiers': () =>
      Response.json({
        tiers: [
          { ...tier, is_offered: true },
          { ...tier, id: 'tir_2', is_offered: false },
        ],
      }),
    'GET count': () => Response.json({ followers: 7 }),
    'GET following': () => Response.json({ channels: [], next_cursor: null }),
    'PUT follow': () => Response.json(follow),
    'DELETE follow': () => new Response(null, { status: 204 }),
  };
  vi.spyOn(globalThis, 'fetch').mockImplementation((request) => {
    const { url, method } = request as Request;
    const question = `${method} ${new URL(url).pathname.split('/').at(-1) ?? ''}`;
    asked.push(question);
    return Promise.resolve((answers[question] ?? (() => new Response(null, { status: 500 })))());
  });
  relationship = new Relationship('ada');
});

describe('Relationship', () => {
  it('asks for nobody in particular when nobody is signed in', async () => {
    await relationship.load(false);
    expect(asked).toEqual(['GET count', 'GET tiers']);
    expect(relationship).toMatchObject({ followers: 7, known: null, isFollowing: false });
  });

  it('follows, counts itself, and counts itself out again', async () => {
    await relationship.load(true);
    await relationship.follow();
    expect(relationship).toMatchObject({ followers: 8, isFollowing: true, notifies: true });
    expect(relationship.known?.roles).toContain('follower');
    await relationship.unfollow();
    expect(relationship).toMatchObject({ followers: 7, isFollowing: false });
    expect(relationship.known?.roles).not.toContain('follower');
  });

  it('counts nobody twice who only changes what they are told of', async () => {
    await relationship.load(true);
    await relationship.follow();
    answers['PUT follow'] = () => Response.json({ ...follow, notifies: false });
    await relationship.follow(false);
    expect(relationship).toMatchObject({ followers: 8, isFollowing: true, notifies: false });
  });

  it('stays as it was when the server refuses, and says why', async () => {
    await relationship.load(true);
    answers['PUT follow'] = () =>
      Response.json(
        { type: '/problems/mail-not-confirmed', detail: 'Confirm your mail address first.' },
        { status: 403 },
      );
    await relationship.follow();
    expect(relationship).toMatchObject({ followers: 7, isFollowing: false });
    expect(relationship.work.problem?.slug).toBe('mail-not-confirmed');
  });

  it('knows the followers though its own relationship cannot be learnt', async () => {
    answers['GET relationship'] = () => new Response(null, { status: 503 });
    await relationship.load(true);
    expect(relationship).toMatchObject({ followers: 7, known: null });
  });

  it('knows what is offered, and the subscription it asked for', async () => {
    await relationship.load(true);
    expect(relationship.tiers.map(({ id }) => id)).toEqual(['tir_1']);
    answers['POST subscription'] = () => Response.json({ state: 'pending' });
    await relationship.take('tir_1');
    expect(relationship.subscription?.state).toBe('pending');
    answers['GET relationship'] = () =>
      Response.json({ roles: ['paid subscriber'], follow: null, subscription: { state: 'active' } });
    await relationship.refresh();
    expect(relationship.subscription?.state).toBe('active');
  });
});
