const acts: Readonly<Record<string, string>> = {
  suspend_account: 'suspended the account of',
  lift_suspension: 'lifted the suspension of',
  make_administrator: 'made an administrator of',
  revoke_administrator: 'took the administration from',
  hand_out_password_reset: 'handed out a link for a new password to',
  suspend_channel: 'suspended the channel',
  reinstate_channel: 'lifted the suspension of the channel',
  grant_subscription: 'granted a subscription to',
  confirm_payment: 'confirmed a payment to the channel',
  refuse_payment: 'refused a payment to the channel',
  end_broadcast: 'ended the broadcast of',
  create_category: 'made the category',
  change_category: 'changed the category',
  remove_category: 'removed the category',
  merge_category: 'merged the category',
};

/** What was done, as in "grace … ada". An act this page does not know is said in the server's words. */
export function auditWords(what: string): string {
  return acts[what] ?? what.replaceAll('_', ' ');
}
