import type { components } from './schema';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type Channel = Schemas['Channel'];
export type ChannelCard = Schemas['ChannelCard'];
export type StreamKey = Schemas['StreamKeyShape'];
export type IssuedStreamKey = Schemas['ShownStreamKeyShape'];
export type HealthSample = Schemas['HealthSampleShape'];
export type PlaybackHealth = Schemas['PlaybackHealthShape'];
export type Server = Schemas['Server'];

/** A broadcast's state as the page tells it apart; a server may know more words than we do. */
export type BroadcastState = 'offline' | 'live' | 'interrupted';

export function broadcastState(word: string | null | undefined): BroadcastState {
  return word === 'live' || word === 'interrupted' ? word : 'offline';
}
