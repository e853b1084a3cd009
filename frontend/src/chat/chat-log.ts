import type { ChatMessage } from './frames';

/** A line of ours that the server has not yet said it keeps. */
export interface PendingLine {
  readonly nonce: string;
  readonly text: string;
  readonly state: 'sending' | 'kept' | 'refused';
  /** The server's number for it, once kept. */
  readonly seq: number | null;
  /** Why it was refused. */
  readonly reason: string | null;
}

export interface Gap {
  readonly beforeSeq: number;
  readonly limit: number;
}

/** Lines held while the reader is at the bottom; older ones are forgotten and can be asked for again. */
export const keptLines = 300;
/** Lines held while the reader has scrolled up. */
export const keptLinesWhileReading = 1500;
const longestHistoryRequest = 100;
/** A hole wider than this is left open: nobody reads two hundred missed lines. */
const widestFilledGap = 200;

/**
 * The lines of one chat room in `seq` order, each once, and our own lines on their way.
 * Pure: every method returns what changed, nothing is sent from here.
 */
export class ChatLog {
  readonly #messages = new Map<number, ChatMessage>();
  #ordered: readonly ChatMessage[] = [];
  #pending: readonly PendingLine[] = [];

  get messages(): readonly ChatMessage[] {
    return this.#ordered;
  }

  get pending(): readonly PendingLine[] {
    return this.#pending;
  }

  get firstSeq(): number | null {
    return this.#ordered[0]?.seq ?? null;
  }

  get lastSeq(): number {
    return this.#ordered.at(-1)?.seq ?? 0;
  }

  /** Takes lines in; says how many are new at the end, and which hole before them should be asked for. */
  accept(messages: readonly ChatMessage[], isReading = false): { added: number; gap: Gap | null } {
    const lastBefore = this.lastSeq;
    const fresh = messages.filter(({ seq }) => !this.#messages.has(seq));
    if (fresh.length === 0) return { added: 0, gap: null };
    for (const message of fresh) this.#messages.set(message.seq, message);
    this.#settle(fresh);
    this.#order(isReading ? keptLinesWhileReading : keptLines);
    const added = fresh.filter(({ seq }) => seq > lastBefore).length;
    return { added, gap: this.#gapBefore(Math.min(...fresh.map(({ seq }) => seq)), lastBefore) };
  }

  #gapBefore(firstFresh: number, lastBefore: number): Gap | null {
    let lower = 0;
    for (const { seq } of this.#ordered) if (seq < firstFresh) lower = seq;
    if (lastBefore === 0 || lower === 0) return null;
    const missing = firstFresh - lower - 1;
    if (missing <= 0 || missing > widestFilledGap) return null;
    return { beforeSeq: firstFresh, limit: Math.min(missing, longestHistoryRequest) };
  }

  #order(kept: number): void {
    const ordered = [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
    for (const { seq } of ordered.splice(0, Math.max(0, ordered.length - kept))) this.#messages.delete(seq);
    this.#ordered = ordered;
  }

  /** Forgets the oldest lines again, when the reader is back at the bottom. */
  trim(): void {
    this.#order(keptLines);
  }

  #settle(messages: readonly ChatMessage[]): void {
    const nonces = new Set(messages.map(({ nonce }) => nonce));
    const seqs = new Set(messages.map(({ seq }) => seq));
    this.#pending = this.#pending.filter(
      ({ nonce, seq }) => !nonces.has(nonce) && (seq === null || !seqs.has(seq)),
    );
  }

  add(nonce: string, text: string): void {
    this.#pending = [...this.#pending, { nonce, text, state: 'sending', seq: null, reason: null }];
  }

  acknowledge(nonce: string, seq: number): void {
    this.#pending = this.#messages.has(seq)
      ? this.#pending.filter((line) => line.nonce !== nonce)
      : this.#change(nonce, { state: 'kept', seq, reason: null });
  }

  refuse(nonce: string, reason: string): void {
    this.#pending = this.#change(nonce, { state: 'refused', reason });
  }

  /** Sends again under the same nonce: if the first one was kept after all, the server answers with its ack. */
  retry(nonce: string): void {
    this.#pending = this.#change(nonce, { state: 'sending', reason: null });
  }

  discard(nonce: string): void {
    this.#pending = this.#pending.filter((line) => line.nonce !== nonce);
  }

  #change(nonce: string, change: Partial<PendingLine>): readonly PendingLine[] {
    return this.#pending.map((line) => (line.nonce === nonce ? { ...line, ...change } : line));
  }
}
