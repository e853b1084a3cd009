import type { Benefit, Money, Tier } from '#shared/api/types';
import { parsePrice, priceText } from '#shared/format/money';

const mostMonths = 120;
const mostBadges = 12;
const mostSlots = 60;
const mostCustom = 10;
const longestCustom = 120;
const longestName = 40;

export interface TierBody {
  readonly name: string;
  readonly price: Money;
  readonly benefits: Benefit[];
}

/** A tier while its owner writes it: what stands in the fields, and whether the server would take it. */
export class TierDraft {
  name = $state('');
  price = $state('');
  currency = $state('');
  hasBadge = $state(true);
  badgeMonths = $state('1, 3, 6, 12');
  hasEmotes = $state(false);
  emoteSlots = $state('5');
  hasChat = $state(true);
  hasBroadcasts = $state(true);
  hasReplays = $state(false);
  /** One a line. */
  custom = $state('');

  constructor(tier: Tier | null, currency: string) {
    this.currency = tier?.price.currency ?? currency;
    if (tier === null) return;
    this.name = tier.name;
    this.price = priceText(tier.price);
    const badge = tier.benefits.find(({ kind }) => kind === 'badge');
    const emotes = tier.benefits.find(({ kind }) => kind === 'emote_slots');
    this.hasBadge = badge !== undefined;
    if (badge?.kind === 'badge') this.badgeMonths = badge.months.join(', ');
    this.hasEmotes = emotes !== undefined;
    if (emotes?.kind === 'emote_slots') this.emoteSlots = String(emotes.slots);
    const has = (kind: Benefit['kind']) => tier.benefits.some((benefit) => benefit.kind === kind);
    this.hasChat = has('members_only_chat');
    this.hasBroadcasts = has('members_only_broadcasts');
    this.hasReplays = has('replays');
    this.custom = tier.benefits.flatMap((one) => (one.kind === 'custom' ? [one.text] : [])).join('\n');
  }

  get nameProblem(): string | null {
    const length = Array.from(this.name.trim()).length;
    if (length === 0) return 'Name the tier.';
    return length > longestName ? `A name has at most ${longestName} characters.` : null;
  }

  get priceProblem(): string | null {
    return parsePrice(this.price, this.currency) === null ? 'A price looks like 4.99. 0 is free.' : null;
  }

  get badgeProblem(): string | null {
    if (!this.hasBadge) return null;
    const months = this.#months();
    const rises = months.every((month, place) => place === 0 || month > (months[place - 1] ?? 0));
    const isGood =
      months.length > 0 &&
      months.length <= mostBadges &&
      rises &&
      months.every((month) => Number.isInteger(month) && month >= 1 && month <= mostMonths);
    return isGood ? null : `Up to ${mostBadges} rising numbers of months, such as 1, 3, 6.`;
  }

  get emotesProblem(): string | null {
    if (!this.hasEmotes) return null;
    const slots = Number(this.emoteSlots);
    return Number.isInteger(slots) && slots >= 1 && slots <= mostSlots ? null : `1 to ${mostSlots} emotes.`;
  }

  get customProblem(): string | null {
    const lines = this.#lines();
    if (lines.length > mostCustom) return `At most ${mostCustom} lines.`;
    return lines.some((line) => Array.from(line).length > longestCustom)
      ? `A line has at most ${longestCustom} characters.`
      : null;
  }

  /** Null while something is wrong. */
  body(): TierBody | null {
    const amount = parsePrice(this.price, this.currency);
    const problems = [
      this.nameProblem,
      this.priceProblem,
      this.badgeProblem,
      this.emotesProblem,
      this.customProblem,
    ];
    if (amount === null || problems.some((problem) => problem !== null)) return null;
    const benefits: Benefit[] = [];
    if (this.hasBadge) benefits.push({ kind: 'badge', months: this.#months() });
    if (this.hasEmotes) benefits.push({ kind: 'emote_slots', slots: Number(this.emoteSlots) });
    if (this.hasChat) benefits.push({ kind: 'members_only_chat' });
    if (this.hasBroadcasts) benefits.push({ kind: 'members_only_broadcasts' });
    if (this.hasReplays) benefits.push({ kind: 'replays' });
    benefits.push(...this.#lines().map((text): Benefit => ({ kind: 'custom', text })));
    return { name: this.name.trim(), price: { amount, currency: this.currency }, benefits };
  }

  #months(): number[] {
    const words = this.badgeMonths.split(/[\s,;]+/).filter((word) => word !== '');
    return words.map((word) => (/^\d{1,4}$/.test(word) ? Number(word) : NaN));
  }

  #lines(): string[] {
    return this.custom.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  }
}
