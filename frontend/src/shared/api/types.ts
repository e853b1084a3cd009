import type { components } from './schema';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type AccountSettings = Schemas['AccountSettings'];
export type Login = Schemas['Login'];
export type AccessToken = Schemas['AccessToken'];
export type ShownAccessToken = Schemas['ShownAccessToken'];
export type Scope = Schemas['Scope'];
export type Block = Schemas['Block'];
export type AdministeredAccount = Schemas['AdministeredAccount'];
export type Suspension = Schemas['SuspensionShape'];
export type AdministeredChannel = Schemas['ListedAdministeredChannel'];
export type ChannelState = Schemas['ChannelState'];
export type CategoryCard = Schemas['CategoryCard'];
export type AuditEntry = Schemas['AuditEntryShape'];
export type FollowedChannel = Schemas['FollowedChannel'];
export type Follower = Schemas['Follower'];
export type Relationship = Schemas['Relationship'];
export type Money = Schemas['Money'];
export type Tier = Schemas['Tier'];
export type Benefit = Tier['benefits'][number];
export type Subscription = Schemas['Subscription'];
export type ListedSubscription = Schemas['ListedSubscription'];
export type Supporter = Schemas['Supporter'];
export type ChannelPayment = Schemas['ChannelPayment'];
export type Channel = Schemas['Channel'];
export type ChannelCard = Schemas['ChannelCard'];
/** What a card of a live channel shows. */
export type LiveChannel = Pick<
  ChannelCard,
  'id' | 'name' | 'display_name' | 'title' | 'category' | 'avatar_url' | 'viewers' | 'started_at'
>;
export type Privacy = Schemas['Privacy'];
export type About = Schemas['AboutShape'];
export type Panel = Schemas['PanelShape'];
export type Schedule = Schemas['ScheduleShape'];
export type ScheduleEntry = Schemas['ScheduleEntryShape'];
export type Category = Schemas['CategoryCard'];
export type ManagedChannel = Schemas['OwnChannelShape'];
export type RoleGrant = Schemas['RoleHolderShape'];
export type SearchResult = Schemas['SearchResult'];
export type ChannelStatistics = Schemas['ChannelStatistics'];
export type BroadcastStatistics = Schemas['BroadcastStatistics'];
export type BroadcastStatisticsPage = Schemas['BroadcastStatisticsPage'];
export type Occurrence = Schemas['OccurrenceShape'];
export type Weekday = Schemas['Weekday'];
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
