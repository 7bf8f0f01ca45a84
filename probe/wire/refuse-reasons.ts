/** Why a provider refused a session. Providers sign these numbers, so a number must never change its meaning. */
export const REFUSE = {
  /** a stranger, and too many strangers of this peer, of this host or together */
  busy: 1,
  /** the request exceeds one session's share of rate, bytes or time */
  tooMuch: 2,
  /** the provider has seen this session before */
  replayed: 3,
  /** the request makes no sense */
  malformed: 4,
  /** the provider serves nobody at present */
  notServing: 5,
  /** the relay must not send to the next hop's address */
  nextHop: 6,
  /** the session is for another account than the relay's */
  otherProvider: 7,
  /** the token is not the provider's, is of another era, or was shown before */
  token: 8,
  /** the relay has no address of the next hop's IP family */
  family: 9,
  /** a stranger, from where the provider has carried as much without payment as it does in an epoch */
  credit: 10,
  /** the lane is not the provider's, is not reserved for now or not known yet, or its key did not sign the session */
  lane: 11,
} as const

export type RefuseName = keyof typeof REFUSE
export type RefuseReason = (typeof REFUSE)[RefuseName]

/** By what a provider signs; undefined for a number that no provider of this version signs. */
export const REFUSE_NAME: ReadonlyMap<number, RefuseName> = new Map(
  Object.entries(REFUSE).map(([name, reason]) => [reason, name as RefuseName]),
)
