/**
 * Whose fault a refusal is. Pure.
 *
 * A reason counts against the provider only if the opener was not at fault: else anybody who asks for nonsense could have
 * a provider slashed. But a provider must not hide behind a reason: so the reason counts if the request was in order.
 * One sender alone may have asked for something else than all others. Of k − f' senders at least one is honest,
 * and an honest sender asks for just that. The record says what it is, so anybody can judge again.
 */
import { isIP } from 'node:net'
import type { ProbeRelay } from '../../proto/messages.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { mayReach, scopeOf } from '../wire/next-hop.js'
import { REFUSE } from '../wire/refuse-reasons.js'

/** What an honest sender of the session asked of the provider. */
export interface Asked {
  /** the next hop: an address literal */
  readonly receiverHost: string
  /** address literals that the provider's announcement stands for; empty if they are not known */
  readonly providerHosts: readonly string[]
}

/** What a refusal shows: a fault of the provider, no address of the receiver's family, or nothing. */
export type Refusal = 'at-fault' | 'other-family' | 'in-doubt'

/** @returns undefined if the provider did not refuse. A number that is no reason hides nothing */
export function refusalOf({ refuse, token }: Pick<ProbeRelay, 'refuse' | 'token'>, asked: Asked): Refusal | undefined {
  switch (refuse?.reason) {
    case undefined:
      return undefined
    case REFUSE.busy: // a token is good for a place that no stranger can take,
    case REFUSE.credit: // and for bytes that no stranger gets
      return token === true ? 'at-fault' : 'in-doubt'
    case REFUSE.replayed: // nobody but the provider knows what an opener showed it, now or before
    case REFUSE.otherProvider:
    case REFUSE.token:
      return 'in-doubt'
    case REFUSE.tooMuch:
    case REFUSE.malformed:
      return isInOrder(asked) ? 'at-fault' : 'in-doubt'
    case REFUSE.nextHop:
      return isWithinReach(asked) ? 'at-fault' : 'in-doubt'
    case REFUSE.lane: // no probe names a lane
      return 'at-fault'
    case REFUSE.family:
      return isOfAnnouncedFamily(asked) ? 'at-fault' : 'other-family'
    default:
      return 'at-fault'
  }
}

/** All senders ask for the same rate, budget and time, which follow from the claim. */
const isInOrder = ({ receiverHost }: Asked): boolean => isIP(receiverHost) !== 0

/** Every relay may reach a public address. Any other one must be in reach from all that the provider announces. */
const isWithinReach = ({ receiverHost, providerHosts }: Asked): boolean =>
  isIP(receiverHost) !== 0 &&
  (scopeOf(receiverHost) === 'global' ||
    (providerHosts.length > 0 &&
      providerHosts.every(host => isIP(host) !== 0 && mayReach({ host, port: 0 }, { host: receiverHost, port: 1 }))))

/** Who announces an address of a family serves that family. */
const isOfAnnouncedFamily = ({ receiverHost, providerHosts }: Asked): boolean =>
  providerHosts.some(host => isOverIpv6(host) === isOverIpv6(receiverHost))
