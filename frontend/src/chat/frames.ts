import { openChat, type ChatModes } from './room-modes';

/** The frames of the chat socket. What arrives is checked: a frame we do not know is dropped, never trusted. */

export type ChatFragment =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'mention'; readonly text: string; readonly name: string }
  | { readonly type: 'link'; readonly text: string; readonly url: string };

export interface ChatMessage {
  readonly seq: number;
  readonly id: string;
  readonly sender: {
    readonly id: string;
    readonly name: string;
    /** The name in the letters its owner likes. */
    readonly displayName: string;
    readonly color: string | null;
  };
  readonly badges: readonly string[];
  /** Of the subscriber's badge: after how many months there is this one. */
  readonly badgeMonths: number | null;
  readonly fragments: readonly ChatFragment[];
  readonly sentAt: string;
  readonly nonce: string | null;
}

export interface ChatLimits {
  readonly messageCharacters: number;
}

export interface Chatter {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly canSend: boolean;
}

export interface BroadcastNews {
  readonly state: string;
  readonly viewers: number;
  readonly startedAt: string | null;
  readonly title: string | null;
}

export type ServerFrame =
  | {
      readonly type: 'welcome';
      readonly you: Chatter | null;
      readonly limits: ChatLimits;
      readonly lastSeq: number;
      readonly modes: ChatModes;
      readonly broadcast: BroadcastNews | null;
    }
  | { readonly type: 'messages'; readonly isHistory: boolean; readonly messages: readonly ChatMessage[] }
  | { readonly type: 'ack'; readonly nonce: string; readonly seq: number }
  | {
      readonly type: 'error';
      readonly nonce: string | null;
      /** The last part of the problem's type, such as `members-only`. */
      readonly slug: string;
      readonly sentence: string;
      readonly retryAfterMs: number | null;
    }
  | { readonly type: 'modes'; readonly modes: ChatModes }
  | { readonly type: 'broadcast'; readonly broadcast: BroadcastNews }
  | { readonly type: 'pong' };

export type PageFrame =
  | { readonly type: 'send'; readonly nonce: string; readonly text: string }
  | { readonly type: 'history'; readonly before_seq: number; readonly limit: number }
  | { readonly type: 'ping' };

type Fields = Record<string, unknown>;

const defaultMessageCharacters = 500;

function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Only web addresses become links; `javascript:` and friends stay words. */
function webAddress(value: unknown): string | null {
  const address = text(value);
  if (address === null || !URL.canParse(address)) return null;
  const { protocol } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? address : null;
}

function readFragment(value: unknown): ChatFragment | null {
  const read = fields(value);
  const words = text(read?.['text']);
  if (read === null || words === null) return null;
  const name = text(read['name']);
  if (read['type'] === 'mention' && name !== null) return { type: 'mention', text: words, name };
  const url = webAddress(read['url']);
  if (read['type'] === 'link' && url !== null) return { type: 'link', text: words, url };
  return { type: 'text', text: words };
}

function present<T>(value: T | null): value is T {
  return value !== null;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function readMessage(value: unknown): ChatMessage | null {
  const read = fields(value);
  const sender = fields(read?.['sender']);
  const seq = count(read?.['seq']);
  const id = text(read?.['id']);
  const senderId = text(sender?.['id']);
  const senderName = text(sender?.['name']);
  if (seq === null || id === null || senderId === null || senderName === null) return null;
  return {
    seq,
    id,
    sender: {
      id: senderId,
      name: senderName,
      displayName: text(sender?.['display_name']) ?? senderName,
      color: text(sender?.['color']),
    },
    badges: list(read?.['badges']).filter((badge) => typeof badge === 'string'),
    badgeMonths: count(read?.['badge_months']),
    fragments: list(read?.['fragments']).map(readFragment).filter(present),
    sentAt: text(read?.['sent_at']) ?? '',
    nonce: text(read?.['nonce']),
  };
}

function readBroadcast(value: unknown): BroadcastNews | null {
  const read = fields(value);
  const state = text(read?.['state']);
  if (read === null || state === null) return null;
  return {
    state,
    viewers: count(read['viewers']) ?? 0,
    startedAt: text(read['started_at']),
    title: text(read['title']),
  };
}

function readModes(value: unknown): ChatModes {
  const read = fields(value);
  return read === null
    ? openChat
    : {
        slowModeS: count(read['slow_mode_s']) ?? 0,
        followersOnlyMin: count(read['followers_only_min']),
        isMembersOnly: read['members_only'] === true,
        isEmotesOnly: read['emotes_only'] === true,
      };
}

function readChatter(value: unknown): Chatter | null {
  const read = fields(value);
  const id = text(read?.['id']);
  const name = text(read?.['name']);
  if (read === null || id === null || name === null) return null;
  return { id, name, displayName: text(read['display_name']) ?? name, canSend: read['can_send'] === true };
}

function readError(frame: Fields): ServerFrame {
  const problem = fields(frame['error']);
  const retryAfterS = count(problem?.['retry_after_s']);
  return {
    type: 'error',
    nonce: text(frame['nonce']),
    slug: text(problem?.['type'])?.split('/').at(-1) ?? '',
    sentence: text(problem?.['detail']) ?? text(problem?.['title']) ?? 'The chat refused this line.',
    retryAfterMs: retryAfterS === null ? null : retryAfterS * 1000,
  };
}

/** Null for anything that is not a frame of this protocol. */
export function readFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null;
  let frame: Fields | null;
  try {
    frame = fields(JSON.parse(data));
  } catch {
    return null;
  }
  switch (frame?.['type']) {
    case 'welcome':
      return {
        type: 'welcome',
        you: readChatter(frame['you']),
        limits: {
          messageCharacters:
            count(fields(frame['limits'])?.['message_characters']) ?? defaultMessageCharacters,
        },
        lastSeq: count(frame['last_seq']) ?? 0,
        modes: readModes(frame['modes']),
        broadcast: readBroadcast(frame['broadcast']),
      };
    case 'messages':
      return {
        type: 'messages',
        isHistory: frame['history'] === true,
        messages: list(frame['messages']).map(readMessage).filter(present),
      };
    case 'ack': {
      const nonce = text(frame['nonce']);
      const seq = count(frame['seq']);
      return nonce === null || seq === null ? null : { type: 'ack', nonce, seq };
    }
    case 'error':
      return readError(frame);
    case 'modes':
      return { type: 'modes', modes: readModes(frame['modes']) };
    case 'broadcast': {
      const broadcast = readBroadcast(frame);
      return broadcast === null ? null : { type: 'broadcast', broadcast };
    }
    case 'pong':
      return { type: 'pong' };
    default:
      return null;
  }
}
