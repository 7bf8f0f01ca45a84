/** What an operator must know before anything is at stake: the household's own traffic is no excuse. */
export const CLAIM_NOTICE =
  'The claim is the rate that a new session gets, whatever else the line carries. An upload, a backup or a video call of your household counts against it. Put the relay\'s traffic first, or claim less: see "Keep the claim" in docs/guides/node-operators.md.'
