import { Attempt } from '#shared/attempt.svelte';
import { answerOf, api } from '#shared/api/client';
import type { Occurrence, Schedule, ScheduleEntry } from '#shared/api/types';
import { bodyOf, startOfDay, type ShowForm } from './shows';

const shownDays = 35;

/** A channel's schedule while it is edited; asked for again after each change, as only the server counts by time zones. */
export class ChannelSchedule {
  readonly #path: { path: { name: string } };
  readonly work = new Attempt();
  #schedule = $state.raw<Schedule | null>(null);

  constructor(name: string) {
    this.#path = { path: { name } };
  }

  get schedule(): Schedule | null {
    return this.#schedule;
  }

  load(): Promise<boolean> {
    return this.#then(() => Promise.resolve());
  }

  /** A new show, or the one of `id` changed. */
  save(form: ShowForm, id: string | null): Promise<boolean> {
    const body = bodyOf(form);
    return this.#then(async () => {
      if (id === null) {
        await answerOf(
          api.POST('/api/v1/channels/{name}/schedule', {
            params: this.#path,
            body: { ...body, cancelled: [] },
          }),
        );
      } else await this.#change(id, body);
    });
  }

  remove({ id }: ScheduleEntry): Promise<boolean> {
    return this.#then(async () => {
      await answerOf(api.DELETE('/api/v1/channels/{name}/schedule/{entry_id}', { params: this.#entry(id) }));
    });
  }

  /** One day of a show does not take place, or does after all. */
  setCancelled({ entry_id, day }: Occurrence, isCancelled: boolean): Promise<boolean> {
    const entry = this.#schedule?.entries.find(({ id }) => id === entry_id);
    if (entry === undefined) return Promise.resolve(false);
    const others = entry.cancelled.filter((other) => other !== day);
    return this.#then(() => this.#change(entry_id, { cancelled: isCancelled ? [...others, day] : others }));
  }

  /** Both days are part of it. */
  setVacation(firstDay: string, lastDay: string): Promise<boolean> {
    return this.#then(async () => {
      const body = { starts_at: startOfDay(firstDay), ends_at: startOfDay(lastDay, 1) };
      await answerOf(api.PUT('/api/v1/channels/{name}/schedule/vacation', { params: this.#path, body }));
    });
  }

  endVacation(): Promise<boolean> {
    return this.#then(async () => {
      await answerOf(api.DELETE('/api/v1/channels/{name}/schedule/vacation', { params: this.#path }));
    });
  }

  #entry(id: string) {
    return { path: { ...this.#path.path, entry_id: id } };
  }

  async #change(
    id: string,
    body: Partial<ReturnType<typeof bodyOf>> & { cancelled?: string[] },
  ): Promise<void> {
    await answerOf(
      api.PATCH('/api/v1/channels/{name}/schedule/{entry_id}', { params: this.#entry(id), body }),
    );
  }

  #then(change: () => Promise<void>): Promise<boolean> {
    return this.work.run(async () => {
      await change();
      this.#schedule = await answerOf(
        api.GET('/api/v1/channels/{name}/schedule', {
          params: { ...this.#path, query: { days: shownDays } },
        }),
      );
    });
  }
}
