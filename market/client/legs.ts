/**
 * Keeps the legs of a tunnel: opens as many as were asked for, and another one for each that ends. A provider that failed
 * is left alone for a while.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ClientTunnel } from '../../probe/tunnel/index.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import type { Hex } from '../../proto/hex.js'
import type { AnswerVerifiers } from '../../verifier/chain/answers.js'
import { dialSession } from '../../verifier/node/dialling.js'
import { whyLeave } from '../core/candidates.js'
import type { ChannelOffice } from './channel-office.js'
import type { ClientLanes, LegLane } from './client-lanes.js'
import { LegDraw, type LegDrawModules } from './leg-draw.js'
import { openLegSessions } from './leg-sessions.js'
import type { OfferingProvider } from './market-view.js'
import { FAILURES, type Leaving, type LegEnd, PaidLeg } from './paid-leg.js'
import type { PayerTokens } from './payer-tokens.js'
import type { Purse } from './purse.js'

export interface LegsModules extends LegDrawModules {
  readonly tunnel: ClientTunnel
  readonly office: ChannelOffice
  readonly purse: Purse
  readonly tokens: PayerTokens
  /** undefined for legs without lanes */
  readonly lanes: ClientLanes | undefined
  readonly answers: AnswerVerifiers
  readonly own: NextHop
  readonly stopping: AbortSignal
  readonly log: Logger
  /** There is no leg, and nobody to open one with. */
  readonly onNobody: (why: string) => void
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
const JOIN_MS = 5000
const RETIRING_MS = 1000
/** The leg is used up, and its provider is not to blame. */
const USED_UP: ReadonlySet<Leaving> = new Set<Leaving>(['worn', 'lane-over'])
/** A view of the market that is a few seconds old may lack somebody. */
const NOBODY_MS = 20_000

export class Legs {
  readonly #modules: LegsModules
  readonly #count: number
  readonly #legs = new Set<LegState>()
  readonly #opening = new Set<OfferingProvider>()
  readonly #drawing: LegDraw
  readonly switches: Switch[] = []
  /** since when there has been nobody */
  #nobodyMs: number | undefined
  /** bytes of legs that are over */
  #past = { provenBytes: 0, paidBytes: 0 }

  constructor(modules: LegsModules, count: number) {
    this.#modules = modules
    this.#count = count
    this.#drawing = new LegDraw(modules)
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

  /** Resolves when the tunnel has ended. */
  async keep(): Promise<void> {
    const { stopping, tunnel } = this.#modules
    const over = new AbortController()
    void tunnel.closed.then(() => over.abort())
    const ended = AbortSignal.any([stopping, over.signal])
    await Promise.all(Array.from({ length: this.#count }, () => this.#keepOne(ended)))
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
      if (provider === undefined) {
        this.#missNobody()
        await pause(AGAIN_MS, undefined, { signal: ended }).catch(() => {})
        continue
      }
      const opened = await this.#open(provider, ended)
      if (opened === undefined) {
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
      const { paid, lane } = await this.#openLeg(provider)
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
      this.#drawing.avoid(account)
      if (!ended.aborted) log.warn({ provider: account, error: (error as Error).message }, 'could not open a leg')
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

  async #openLeg(provider: OfferingProvider): Promise<{ paid: PaidLeg; lane: LegLane | undefined }> {
    const { tunnel, office, purse, tokens, lanes, answers, exit, own, random, stopping, log } = this.#modules
    const { account, claimKbps, peer } = provider
    const { id } = await office.channelTo(account, 'relay')
    const lane = await lanes?.at(account)
    const held = await tokens.forLeg(provider, id)
    if (held === undefined)
      log.info({ provider: account }, 'the channel has had its tokens of this era: opening a leg as strangers do')
    const sessions = await openLegSessions({
      ...{ claimKbps, exit, own, random, lane, provider: answers.of(account) },
      tokens: held,
      dial: () => dialSession(stopping, { ...peer, like: own.host }),
    })
    const paid: PaidLeg = new PaidLeg({ tunnel, sessions, purse, id, onPaid: () => this.#watchChannel(paid, id) })
    const late = pause(JOIN_MS, 'late' as const, { ref: false })
    const first = await Promise.race([paid.leg.joined, paid.ended, late])
    if (first === undefined) return { paid, lane }
    paid.end('unanswered')
    throw new Error(`the exit does not answer through it (${first})`)
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

  /** There is nobody for a leg: fatal once there has been no leg, and no try of one, for a while. */
  #missNobody(): void {
    const { clock, onNobody } = this.#modules
    const nowMs = clock.now()
    if (this.#legs.size > 0 || this.#opening.size > 0) this.#nobodyMs = undefined
    else this.#nobodyMs ??= nowMs
    if (this.#nobodyMs !== undefined && nowMs - this.#nobodyMs > NOBODY_MS) onNobody(this.#drawing.whyNobody())
  }
}
