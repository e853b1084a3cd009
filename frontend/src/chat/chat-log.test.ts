import { describe, expect, it } from 'vitest';
import { ChatLog, keptLines, keptLinesWhileReading } from './chat-log';
import type { ChatMessage } from './frames';

function line(seq: number, nonce: string | null = null): ChatMessage {
  return {
    seq,
    id: `msg_${seq}`,
    sender: { id: 'acc_1', name: 'ada', displayName: 'ada', color: null },
    badges: [],
    badgeMonths: null,
    fragments: [{ type: 'text', text: `line ${seq}` }],
    sentAt: '2026-01-01T00:00:00Z',
    nonce,
  };
}

function lines(first: number, last: number): ChatMessage[] {
  return Array.from({ length: last - first + 1 }, (_, at) => line(first + at));
}

function seqs(log: ChatLog): number[] {
  return log.messages.map(({ seq }) => seq);
}

describe('ChatLog', () => {
  it('keeps the order of seq, each line once', () => {
    const log = new ChatLog();
    log.accept([line(3), line(1), line(2)]);
    expect(log.accept([line(2), line(3), line(4)]).added).toBe(1);
    expect(seqs(log)).toEqual([1, 2, 3, 4]);
  });

  it('asks for the hole before a batch', () => {
    const log = new ChatLog();
    log.accept(lines(1, 5));
    expect(log.accept(lines(9, 10)).gap).toEqual({ beforeSeq: 9, limit: 3 });
    expect(log.accept(lines(6, 8)).gap).toBeNull();
    expect(seqs(log)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('asks on for a hole wider than one answer', () => {
    const log = new ChatLog();
    log.accept(lines(1, 5));
    expect(log.accept(lines(151, 160)).gap).toEqual({ beforeSeq: 151, limit: 100 });
    expect(log.accept(lines(51, 150)).gap).toEqual({ beforeSeq: 51, limit: 45 });
  });

  it('leaves a hole nobody would read', () => {
    const log = new ChatLog();
    log.accept(lines(1, 5));
    expect(log.accept(lines(1000, 1010)).gap).toBeNull();
  });

  it('asks for nothing before the first history', () => {
    expect(new ChatLog().accept(lines(51, 100)).gap).toBeNull();
  });

  it('is bounded, and larger while someone reads', () => {
    const log = new ChatLog();
    log.accept(lines(1, keptLines + 50), true);
    expect(log.messages).toHaveLength(keptLines + 50);
    log.trim();
    expect(log.messages).toHaveLength(keptLines);
    expect(log.firstSeq).toBe(51);
    log.accept(lines(keptLines + 51, keptLinesWhileReading + 500), true);
    expect(log.messages).toHaveLength(keptLinesWhileReading);
  });

  it('replaces a line of ours by the one the server kept, whichever word comes first', () => {
    const ackFirst = new ChatLog();
    ackFirst.add('n1', 'hello');
    ackFirst.acknowledge('n1', 7);
    expect(ackFirst.pending).toMatchObject([{ state: 'kept', seq: 7 }]);
    ackFirst.accept([line(7)]);
    expect(ackFirst.pending).toEqual([]);

    const messageFirst = new ChatLog();
    messageFirst.add('n1', 'hello');
    messageFirst.accept([line(7, 'n1')]);
    expect(messageFirst.pending).toEqual([]);
    messageFirst.acknowledge('n1', 7);
    expect(messageFirst.pending).toEqual([]);
  });

  it('keeps a refused line with its reason until it is sent again or discarded', () => {
    const log = new ChatLog();
    log.add('n1', 'hello');
    log.refuse('n1', 'Too fast.');
    expect(log.pending).toMatchObject([{ state: 'refused', reason: 'Too fast.', text: 'hello' }]);
    log.retry('n1');
    expect(log.pending).toMatchObject([{ state: 'sending', reason: null }]);
    log.discard('n1');
    expect(log.pending).toEqual([]);
  });
});
