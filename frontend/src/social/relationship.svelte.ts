import { answerOf, api, type Answer } from '#shared/api/client';
import type { Relationship as Known, Subscription, Tier } from '#shared/api/types';
import { Attempt } from '#shared/attempt.svelte';
import { following } from '#shared/following.svelte';

const unknown: Known = { roles: [], follow: null, subscription: null };

interface Params {
  readonly path: { readonly name: string };
}

/** What binds the person in front of the page to one channel, and what they do about it. */
export class Relationship {
  readonly channelName: string;
  readonly work = new Attempt();
  #known = $state.raw<Known | null>(null);
  #followers = $state<number | null>(null);
  #tiers = $state.raw<readonly Tier[]>([]);

  constructor(channelName: string) {
    this.channelName = channelName;
  }

  /** Null until the server has said it, and for those who are not signed in. */
  get known(): Known | null {
    return this.#known;
  }

  /** Null until known. */
  get followers(): number | null {
    return this.#followers;
  }

  get isFollowing(): boolean {
    return (this.#known?.follow ?? null) !== null;
  }

  get notifies(): boolean {
    return this.#known?.follow?.notifies ?? false;
  }

  /** The newest one, also when it is over. */
  get subscription(): Subscription | null {
    return this.#known?.subscription ?? null;
  }

  /** What the channel offers, the cheapest first; none until known. */
  get tiers(): readonly Tier[] {
    return this.#tiers;
  }

  /** Also when somebody else has signed in. What cannot be learnt is left out: the buttons say it when pressed. */
  async load(isSignedIn: boolean): Promise<void> {
    const params = { path: { name: this.channelName } };
    const [known, counted, offered] = await Promise.allSettled([
      isSignedIn ? answerOf(api.GET('/api/v1/channels/{name}/relationship', { params })) : null,
      answerOf(api.GET('/api/v1/channels/{name}/followers/count', { params })),
      answerOf(api.GET('/api/v1/channels/{name}/tiers', { params })),
    ]);
    this.#known = known.status === 'fulfilled' ? known.value : null;
    if (counted.status === 'fulfilled') this.#followers = counted.value.followers;
    if (offered.status === 'fulfilled') this.#tiers = offered.value.tiers.filter((tier) => tier.is_offered);
  }

  /** Whether a payment that waited was settled, which nobody tells this page. */
  async refresh(): Promise<void> {
    const params = { path: { name: this.channelName } };
    try {
      this.#known = await answerOf(api.GET('/api/v1/channels/{name}/relationship', { params }));
    } catch {
      // Asked again in a while.
    }
  }

  /** Ask for a tier, or go on with a cancelled subscription. */
  async take(tier_id: string): Promise<void> {
    await this.#subscribe((params) =>
      api.POST('/api/v1/channels/{name}/subscription', { params, body: { tier_id } }),
    );
  }

  async changeTier(tier_id: string): Promise<void> {
    await this.#subscribe((params) =>
      api.PATCH('/api/v1/channels/{name}/subscription', { params, body: { tier_id } }),
    );
  }

  async cancel(): Promise<void> {
    await this.#subscribe((params) => api.DELETE('/api/v1/channels/{name}/subscription', { params }));
  }

  async #subscribe(send: (params: Params) => Promise<Answer<Subscription>>): Promise<void> {
    await this.work.run(async () => {
      const subscription = await answerOf(send({ path: { name: this.channelName } }));
      this.#known = { ...(this.#known ?? unknown), subscription };
    });
  }

  async follow(notifies?: boolean): Promise<void> {
    await this.work.run(async () => {
      const wasFollowing = this.isFollowing;
      const params = { path: { name: this.channelName } };
      const body = notifies === undefined ? {} : { notifies };
      const follow = await answerOf(api.PUT('/api/v1/channels/{name}/follow', { params, body }));
      this.#become(follow, wasFollowing ? 0 : 1);
      if (!wasFollowing) void following.load();
    });
  }

  async unfollow(): Promise<void> {
    await this.work.run(async () => {
      const wasFollowing = this.isFollowing;
      const params = { path: { name: this.channelName } };
      await answerOf(api.DELETE('/api/v1/channels/{name}/follow', { params }));
      this.#become(null, wasFollowing ? -1 : 0);
      following.become((channels) => channels.filter(({ name }) => name !== this.channelName.toLowerCase()));
    });
  }

  #become(follow: Known['follow'], change: number): void {
    const before = this.#known ?? unknown;
    const others = before.roles.filter((role) => role !== 'follower');
    this.#known = { ...before, follow, roles: follow === null ? others : [...others, 'follower'] };
    if (this.#followers !== null) this.#followers = Math.max(0, this.#followers + change);
  }
}
