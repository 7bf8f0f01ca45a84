/** A leg that is open and paid for, from its sessions to its end. */
import type { ClientLeg, ClientTunnel, LegDeath } from '../../probe/tunnel/index.js'
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import type { Hex } from '../../proto/hex.js'
import type { ServedSlots } from '../../proto/messages.js'
import type { Unsuitable } from '../core/candidates.js'
import { LossWatch } from '../core/loss-watch.js'
import { unprovenVerdict } from '../core/unproven.js'
import type { LegSessions, PaidSession } from './leg-sessions.js'
import { Payer } from './payer.js'
import type { Purse } from './purse.js'

/**
 * Why a leg is left while it carries: its provider does not suit any more, offers nothing or was slashed; or the leg has
 * carried as much as one can, its channel is nearly empty, or its lane is over.
 */
export type Leaving = Unsuitable | 'withdrawn' | 'slashed' | 'worn' | 'low' | 'lane-over'
/** `unproven`: the provider bills much more than arrives. `lossy`: most is lost. `empty`: nothing is left to pay with */
export type LegEnd = LegDeath | 'unproven' | 'lossy' | 'empty' | Leaving
/** Ends by which a provider has failed. */
export const FAILURES: ReadonlySet<LegEnd> = new Set<LegEnd>(['silent', 'unanswered', 'closed', 'unproven', 'lossy'])

export interface PaidLegModules {
  readonly tunnel: ClientTunnel
  readonly sessions: LegSessions
  readonly purse: Pick<Purse, 'pay'>
  /** the channel that pays for it */
  readonly id: Hex
  /** after each payment by a receipt (default: nobody hears of it) */
  readonly onPaid?: () => void
}

/** Payments keep a session open. Pings alone are worth one in this time, also while the tunnel rests. */
const PAY_MS = 4000
const LOOK_MS = 1000
/** In a look: a few times what pings and acknowledgements take. */
const LEAST_DATAGRAMS = 200
/** A leg numbers its datagrams in 24 bits. It is replaced while it still has numbers, and so still carries. */
const MOST_BYTES = 3 * 2 ** 30

export class PaidLeg {
  readonly leg: ClientLeg
  readonly #modules: PaidLegModules
  readonly #up: Payer
  readonly #down: Payer
  readonly #ended = Promise.withResolvers<LegEnd>()
  readonly #worn = Promise.withResolvers<void>()
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #lossUp = new LossWatch(LEAST_DATAGRAMS * DATAGRAM_BYTES)
  readonly #lossDown = new LossWatch(LEAST_DATAGRAMS)
  #end: LegEnd | undefined

  /** The leg joins now. @throws TunnelError */
  constructor(modules: PaidLegModules) {
    const { tunnel, sessions } = modules
    this.#modules = modules
    this.leg = tunnel.addLeg(sessions.grants)
    const { up, down } = sessions.grants
    this.#up = this.#payer(sessions.up, () => this.leg.provenUp, up.rateKbps)
    this.#down = this.#payer(sessions.down, () => this.leg.provenDown, down.rateKbps ?? up.rateKbps)
    this.#timers = [setInterval(() => void this.#payAll(), PAY_MS), setInterval(() => this.#watch(), LOOK_MS)]
    void this.leg.joined.then(() => this.#payAll())
    void this.leg.dead.then(why => this.end(why))
    void sessions.ended.then(() => this.end('closed'))
  }

  /** Resolves once the leg is over, with why. */
  get ended(): Promise<LegEnd> {
    return this.#ended.promise
  }

  /** Resolves when another leg should take its place: it still carries. */
  get worn(): Promise<void> {
    return this.#worn.promise
  }

  /** Tells the provider how many slots of the leg's lane were served. */
  tellServed(served: ServedSlots): Promise<void> {
    return this.#modules.sessions.up.client.tellServed(served)
  }

  get provenBytes(): number {
    return this.leg.provenUp + this.leg.provenDown
  }

  get paidBytes(): number {
    return this.#up.paidBytes + this.#down.paidBytes
  }

  /** Ends the leg, and pays for what it carried, unless it failed. */
  end(why: LegEnd): void {
    if (this.#end !== undefined) return
    this.#end = why
    for (const timer of this.#timers) clearInterval(timer)
    const { tunnel, sessions } = this.#modules
    tunnel.endLeg(this.leg)
    this.#ended.resolve(why)
    void (FAILURES.has(why) ? Promise.resolve() : this.#payAll()).then(() => sessions.close()).catch(() => {})
  }

  #payer(session: PaidSession, provenBytes: () => number, rateKbps: number): Payer {
    const { purse, id, onPaid = () => {} } = this.#modules
    const payer = new Payer({
      ...{ purse, provenBytes, id: () => id },
      point: () => session.point,
      send: counter => session.client.handOver(counter),
      onEmpty: () => this.end('empty'),
    })
    session.onReceipt = () => {
      if (this.#end !== undefined) return
      const billedBytes = session.invoicedBytes
      const verdict = unprovenVerdict({ billedBytes, provenBytes: provenBytes() }, rateKbps)
      if (verdict === 'unproven') return this.end('unproven')
      if (verdict === 'worn' || billedBytes > MOST_BYTES) this.#worn.resolve()
      void payer.pay().then(onPaid, () => this.end('closed'))
    }
    return payer
  }

  /** A leg that loses most of its traffic only slows the others down. Alone, it is better than none until another is there. */
  #watch(): void {
    const { leg } = this
    const isUpLossy = this.#lossUp.look({ sent: leg.sentBytes, arrived: leg.provenUp })
    if (!this.#lossDown.look(leg.heard) && !isUpLossy) return
    if (this.#modules.tunnel.activeLegs.some(other => other !== leg)) this.end('lossy')
    else this.#worn.resolve()
  }

  async #payAll(): Promise<void> {
    await Promise.all([this.#up.pay(), this.#down.pay()]).catch(() => this.end('closed'))
    if (this.#up.paidBytes > 0 && this.#down.paidBytes > 0) this.leg.unpad()
  }
}
