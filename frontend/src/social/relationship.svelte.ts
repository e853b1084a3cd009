import { answerOf, api } from '#shared/api/client';
import type { Relationship as Known } from '#shared/api/types';
import { Attempt } from '#shared/attempt.svelte';
import { following } from '#shared/following.svelte';

/** What binds the person in front of the page to one channel, and what they do about it. */
export class Relationship {
  readonly channelName: string;
  readonly work = new Attempt();
  #known = $state.raw<Known | null>(null);
  #followers = $state<number | null>(null);

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

  /** Also when somebody else has signed in. What cannot be learnt is left out: the buttons say it when pressed. */
  async load(isSignedIn: boolean): Promise<void> {
    const params = { path: { name: this.channelName } };
    const [known, counted] = await Promise.allSettled([
      isSignedIn ? answerOf(api.GET('/api/v1/channels/{name}/relationship', { params })) : null,
      answerOf(api.GET('/api/v1/channels/{name}/followers/count', { params })),
    ]);
    this.#known = known.status === 'fulfilled' ? known.value : null;
    if (counted.status === 'fulfilled') this.#followers = counted.value.followers;
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
    const before = this.#known ?? { roles: [], follow: null };
    const others = before.roles.filter((role) => role !== 'follower');
    this.#known = { ...before, follow, roles: follow === null ? others : [...others, 'follower'] };
    if (this.#followers !== null) this.#followers = Math.max(0, this.#followers + change);
  }
}
