const acts: Readonly<Record<string, string>> = {
  suspend_account: 'suspended the account of',
  lift_suspension: 'lifted the suspension of',
  make_administrator: 'made an administrator of',
  revoke_administrator: 'took the administration from',
  suspend_channel: 'suspended the channel',
  reinstate_channel: 'lifted the suspension of the channel',
};

/** What was done, as in "grace … ada". An act this page does not know is said in the server's words. */
export function auditWords(what: string): string {
  return acts[what] ?? what.replaceAll('_', ' ');
}
