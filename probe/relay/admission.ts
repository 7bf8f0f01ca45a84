/**
 * Who gets a session. The limits come first, since all that follows costs something. The token comes last, so no refusal
 * wastes it.
 */
import { isIP } from 'node:net'
import { toHex } from '../../proto/hex.js'
import type { RelayOpen } from '../../proto/messages.js'
import { isNoToken } from '../../proto/token.js'
import { SHARE_SLACK, STRANGER_OPENINGS, TOKEN_OPENINGS } from '../constants.js'
import { type Forwarding, REFUSE, type RefuseReason } from '../plane/forwarding.js'
import type { Access, LaneShare, Lanes, MonotonicClock } from '../ports.js'
import { shapeOf } from '../verdict/session-shape.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { HostLimit } from '../wire/host-limit.js'
import { mayReach } from '../wire/next-hop.js'
import { SeenSessions } from '../wire/seen-sessions.js'
import { Credit, type CreditRule } from './credit.js'
import { Strangers } from './strangers.js'

export interface AdmissionModules {
  /** the relay's own address */
  readonly own: { readonly host: string; readonly port: number }
  /** the provider's */
  readonly account: string
  readonly access: Access
  readonly lanes: Lanes
  readonly credit: CreditRule | undefined
  readonly forwarding: Forwarding
  readonly clock: MonotonicClock
}

/** A session's place. */
export interface Place {
  readonly isReserved: boolean
  /** that the session uses */
  readonly lane: LaneShare | undefined
  /** what it may leave unpaid is less, since it pays now */
  lower(mostUnpaidBytes: number): void
  /** the session has ended, and gives its place to others */
  leave(): void
  /** nothing more is paid for it */
  settle(unpaidBytes: number): void
}

const RESERVED = { isReserved: true, lower: () => {}, leave: () => {}, settle: () => {} }
const ALL_ADDRESSES = '::'

export class Admission {
  readonly #modules: AdmissionModules
  readonly #seen = new SeenSessions()
  readonly #strangers = new Strangers()
  readonly #credit: Credit
  readonly #tokenOpenings = new HostLimit(TOKEN_OPENINGS)
  readonly #strangerOpenings = new HostLimit(STRANGER_OPENINGS)
  claimKbps: number

  constructor(modules: AdmissionModules, claimKbps: number) {
    this.#modules = modules
    this.#credit = new Credit(modules.credit)
    this.claimKbps = claimKbps
  }

  /** A verifier's host, as the chain says: strangers elsewhere cannot use up what its openings need. */
  know(host: string): void {
    for (const limit of [this.#tokenOpenings, this.#strangerOpenings]) limit.know(host)
  }

  /** @param host of the opener's connection */
  admit(open: RelayOpen, peer: string, host: string): Place | 'unanswered' | RefuseReason {
    const { access, clock } = this.#modules
    const nowMs = clock.now()
    const bare = isNoToken(open.token)
    if (!(bare ? this.#strangerOpenings : this.#tokenOpenings).take(host, nowMs)) return 'unanswered'
    const early = bare ? access.classOf(open.token) : undefined
    if (early === 'stranger' && !this.#strangers.hasRoomFor(peer, host)) return REFUSE.busy
    const reason = this.#refusal(open)
    if (reason !== undefined) return reason
    const lane = this.#laneOf(open)
    if (typeof lane === 'number') return lane // not seen yet: the opener may try again when the lane is known
    if (!this.#seen.add(toHex(open.sessionId), nowMs)) return REFUSE.replayed
    const admitted = this.#modules.forwarding.admit(open, nowMs, peer)
    if (admitted !== true) return admitted
    const found = early ?? access.classOf(open.token)
    if (found === 'invalid') return REFUSE.token
    if (found === 'reserved') {
      for (const limit of [this.#tokenOpenings, this.#strangerOpenings]) limit.refund(host)
      return { ...RESERVED, lane }
    }
    if (!this.#credit.hasRoomFor(host, open.budgetBytes, nowMs)) return REFUSE.credit
    const line = this.#credit.open(host, open.budgetBytes, nowMs)
    const leave = this.#strangers.enter(peer, host)
    return { isReserved: false, lane, lower: line.lower, leave, settle: line.close }
  }

  #refusal(open: RelayOpen): RefuseReason | undefined {
    const { account, own } = this.#modules
    const { rateKbps, budgetBytes, durationMs, nextHopHost, nextHopPort } = open
    if (toHex(open.provider) !== account) return REFUSE.otherProvider
    if (isIP(nextHopHost) === 0 || nextHopPort < 1 || nextHopPort > 0xffff) return REFUSE.malformed
    if (rateKbps < 1 || budgetBytes < 1 || durationMs < 1) return REFUSE.malformed
    if (!hasFamilyOf(own.host, nextHopHost)) return REFUSE.family
    if (!mayReach(own, { host: nextHopHost, port: nextHopPort })) return REFUSE.nextHop
    const most = shapeOf(this.claimKbps)
    const isTooMuch = rateKbps > most.rateKbps * SHARE_SLACK || budgetBytes > most.budgetBytes * SHARE_SLACK
    return isTooMuch || durationMs > most.durationMs ? REFUSE.tooMuch : undefined
  }

  #laneOf({ lane, laneSignature, sessionId }: RelayOpen): LaneShare | undefined | RefuseReason {
    if (lane === undefined && laneSignature === undefined) return undefined
    if (lane === undefined || laneSignature === undefined) return REFUSE.malformed
    return this.#modules.lanes.shareOf(lane, sessionId, laneSignature) ?? REFUSE.lane
  }
}

/** Bound to all IPv6 addresses, a port takes IPv4 as well. */
const hasFamilyOf = (host: string, nextHopHost: string): boolean =>
  host === ALL_ADDRESSES || isOverIpv6(host) === isOverIpv6(nextHopHost)
