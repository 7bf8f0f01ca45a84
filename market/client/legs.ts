/**
 * Keeps the legs of a tunnel: opens as many as were asked for, and another one for each that ends. A provider that failed
 * is left alone for a while.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientTunnel } from '../../probe/tunnel/index.js'
import type { Hex } from '../../proto/hex.js'
import { aborted } from '../../verifier/node/waiting.js'
import { whyLeave } from '../core/candidates.js'
import type { ChannelOffice } from './channel-office.js'
import type { ClientLanes, LegLane } from './client-lanes.js'
import { LegDraw, type LegDrawModules } from './leg-draw.js'
import { LegOpener, type LegOpenerModules } from './leg-opener.js'
import type { OfferingProvider } from './market-view.js'
import { FAILURES, type Leaving, type LegEnd, type PaidLeg } from './paid-leg.js'

export interface LegsModules extends Omit<LegDrawModules, 'may'>, Omit<LegOpenerModules, 'exit' | 'onPaid'> {
  readonly tunnel: ClientTunnel
  readonly office: Pick<ChannelOffice, 'canPay' | 'channelTo' | 'isOpen' | 'nothingLeft' | 'replenish' | 'stateOf'>
  readonly lanes: Pick<ClientLanes, 'at' | 'attend' | 'costs'> | undefined
  /** Settles once connections can be made: the exit is paid from a channel. */
  readonly opened: Promise<unknown>
  readonly stopping: AbortSignal
  /** There is no leg, and nobody to open one with. Or no first leg has joined in time. Hears why. */
  readonly onNobody: (why: Error) => void
}

export interface LegState {
  readonly provider: OfferingProvider
  readonly paid: PaidLeg
  readonly lane: LegLane | undefined
  /** Asks for another leg in its place. */
  readonly leave: (why: Leaving) => void
  readonly left: Promise<Left>
}

/** That another one is going to follow. */
interface OldLeg {
  readonly leg: LegState
  readonly why: Leaving
}

/** Apart from the end of a leg, which is a text as well. */
interface Left {
  readonly why: Leaving
}

/** A leg that ended, and why. */
export interface Switch {
  /** unix milliseconds */
  readonly atMs: number
  readonly provider: Hex
  readonly why: LegEnd
}

const AGAIN_MS = 1000
const RETIRING_MS = 1000
/** The leg is used up, and its provider is not to blame. */
const USED_UP: ReadonlySet<Leaving> = new Set<Leaving>(['worn', 'lane-over'])
/** A view of the market that is a few seconds old may lack somebody. */
const NOBODY_MS = 20_000
/** For the first leg of a tunnel, besides the time that a deposit takes. */
const FIRST_MS = 20_000

export class Legs {
  readonly #modules: LegsModules
  readonly #count: number
  readonly #legs = new Set<LegState>()
  readonly #opening = new Set<OfferingProvider>()
  readonly #drawing: LegDraw
  readonly #opener: LegOpener
  readonly switches: Switch[] = []
  /** since when there has been nobody */
  #nobodyMs: number | undefined
  /** since when the first leg could be opened; undefined once it has joined */
  #firstMs: number | undefined
  #isOpened = false
  /** why the last try of a leg came to nothing */
  #fault: Error | undefined
  /** bytes of legs that are over */
  #past = { provenBytes: 0, paidBytes: 0 }

  constructor(modules: LegsModules, count: number) {
    this.#modules = modules
    this.#count = count
    this.#firstMs = modules.clock.now()
    this.#opener = new LegOpener({ ...modules, onPaid: (paid, channel) => this.#watchChannel(paid, channel) })
    this.#opener.onPaidIn = () => {
      if (this.#firstMs !== undefined) this.#firstMs = modules.clock.now()
    }
    const mayPayIn = () => this.#isOpened || modules.reach.mayDeposit
    this.#drawing = new LegDraw({ ...modules, may: account => mayPayIn() || !this.#opener.costs(account) })
  }

  get open(): readonly LegState[] {
    return [...this.#legs]
  }

  get provenBytes(): number {
    return this.open.reduce((sum, { paid }) => sum + paid.provenBytes, this.#past.provenBytes)
  }

  get paidBytes(): number {
    return this.open.reduce((sum, { paid }) => sum + paid.paidBytes, this.#past.paidBytes)
  }

  /**
   * One leg opens the tunnel. The others follow when the exit is paid for: what is paid in before may be of no use.
   * Resolves when the tunnel has ended.
   */
  async keep(): Promise<void> {
    const { stopping, tunnel, opened } = this.#modules
    const over = new AbortController()
    void tunnel.closed.then(() => over.abort())
    const ended = AbortSignal.any([stopping, over.signal])
    const first = this.#keepOne(ended)
    await Promise.race([opened.catch(() => aborted(ended)), aborted(ended)])
    this.#isOpened = true
    await Promise.all([first, ...Array.from({ length: this.#count - 1 }, () => this.#keepOne(ended))])
    for (const { paid } of this.open) paid.end('ended')
  }

  /** Looks at the market anew: legs whose providers do not suit any more are left, each once another one is there. */
  review(): void {
    const { providers, wishes } = this.#modules
    for (const { provider, leave } of this.open) {
      const now = providers().find(({ account }) => account === provider.account)
      const why = whyLeave(provider, now, wishes())
      if (why !== undefined) leave(why)
    }
  }

  /** One leg after another, until the tunnel ends. */
  async #keepOne(ended: AbortSignal): Promise<void> {
    let old: OldLeg | undefined
    while (!ended.aborted) {
      const provider = this.#draw(old)
      const opened = provider && (await this.#open(provider, ended))
      if (opened === undefined) {
        if (this.#firstMs !== undefined) this.#missFirst()
        else if (provider === undefined) this.#missNobody()
        await pause(AGAIN_MS, undefined, { signal: ended }).catch(() => {})
        continue
      }
      if (old !== undefined) void this.#retire(old.leg, old.why)
      const end = await Promise.race([opened.paid.ended, opened.left])
      old = typeof end === 'string' ? undefined : { leg: opened, why: end.why }
    }
  }

  /** @returns undefined if it came to nothing, which the log says */
  async #open(provider: OfferingProvider, ended: AbortSignal): Promise<LegState | undefined> {
    const { account } = provider
    const { log } = this.#modules
    this.#opening.add(provider)
    try {
      const { paid, lane } = await this.#opener.open(provider, ended)
      this.#firstMs = undefined
      const { promise: left, resolve } = Promise.withResolvers<Left>()
      const leave = (why: Leaving) => resolve({ why })
      const state = { provider, paid, lane, left, leave }
      this.#legs.add(state)
      void paid.worn.then(() => leave('worn'))
      if (lane !== undefined) this.#attendLane(state)
      void paid.ended.then(why => this.#over(state, why, ended.aborted))
      log.info({ provider: account, rttMs: paid.leg.rttMs }, 'opened a leg')
      return state
    } catch (error) {
      this.#fault = error as Error
      this.#drawing.avoid(account)
      if (!ended.aborted) log.warn({ provider: account, error: this.#fault.message }, 'could not open a leg')
      return undefined
    } finally {
      this.#opening.delete(provider)
    }
  }

  /** It carries nothing more, and what is on its way still arrives. */
  async #retire({ paid }: LegState, why: Leaving): Promise<void> {
    this.#modules.tunnel.retireLeg(paid.leg)
    await pause(RETIRING_MS, undefined, { ref: false })
    paid.end(why)
  }

  #over(state: LegState, why: LegEnd, isOver: boolean): void {
    const { paid } = state
    const { account } = state.provider
    this.#legs.delete(state)
    this.#past = {
      provenBytes: this.#past.provenBytes + paid.provenBytes,
      paidBytes: this.#past.paidBytes + paid.paidBytes,
    }
    if (isOver) return
    this.switches.push({ atMs: Date.now(), provider: account, why })
    this.#modules.log.info({ provider: account, why }, 'a leg ended')
    if (FAILURES.has(why) || why === 'slashed') this.#drawing.avoid(account)
  }

  /** The provider holds the leg to the rate of the lane, and to what was granted after it: so the leg ends with the lane. */
  #attendLane({ provider, paid, leave }: LegState): void {
    const { lanes, stopping } = this.#modules
    const over = new AbortController()
    void paid.ended.then(() => over.abort())
    lanes!
      .attend(provider.account, served => paid.tellServed(served), AbortSignal.any([stopping, over.signal]))
      .then(
        () => leave('lane-over'),
        () => {}, // the leg has ended
      )
  }

  /** Puts more into a channel that is nearly empty. If nothing is left for that, the leg is left in time. */
  #watchChannel(paid: PaidLeg, id: Hex): void {
    const { office } = this.#modules
    if (office.stateOf(id) === 'well') return
    void office.replenish(id).then(isFull => {
      if (isFull || office.stateOf(id) !== 'empty') return
      this.open.find(one => one.paid === paid)?.leave('low')
    })
  }

  /** A leg that is used up may be followed by one of the same provider. */
  #draw(old: OldLeg | undefined): OfferingProvider | undefined {
    const used = [...this.#opening, ...this.open.map(({ provider }) => provider)]
    return this.#drawing.next(used, old && USED_UP.has(old.why) ? old.leg.provider : undefined)
  }

  /** The exit may be to blame, or this client's own port: then other providers would do no better. */
  #missFirst(): void {
    const { clock, onNobody } = this.#modules
    if (this.#opener.isPayingIn || clock.now() - this.#firstMs! < FIRST_MS) return
    onNobody(this.#fault ?? this.#drawing.whyNobody())
  }

  /** There is nobody for a leg: fatal once there has been no leg, and no try of one, for a while. */
  #missNobody(): void {
    const { clock, onNobody } = this.#modules
    const nowMs = clock.now()
    if (this.#legs.size > 0 || this.#opening.size > 0) this.#nobodyMs = undefined
    else this.#nobodyMs ??= nowMs
    if (this.#nobodyMs !== undefined && nowMs - this.#nobodyMs > NOBODY_MS) onNobody(this.#drawing.whyNobody())
  }
}
