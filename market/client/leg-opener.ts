/**
 * Opens a leg. A provider gets a deposit only after it has shown, to a stranger who pays nothing, that it reaches this
 * client's UDP port and that of the exit.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { REFUSE } from '../../probe/plane/forwarding.js'
import type { ProviderStream, RandomSource } from '../../probe/ports.js'
import type { ClientTunnel } from '../../probe/tunnel/index.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import type { Hex } from '../../proto/hex.js'
import type { AnswerVerifiers } from '../../verifier/chain/answers.js'
import type { ChannelOffice } from './channel-office.js'
import type { ClientLanes, LegLane } from './client-lanes.js'
import { LegRefusedError, type LegSessions, openLegSessions } from './leg-sessions.js'
import type { OfferingProvider } from './market-view.js'
import { PaidLeg } from './paid-leg.js'
import type { PayerTokens } from './payer-tokens.js'
import type { Purse } from './purse.js'
import type { Reach } from './reach.js'

export interface LegOpenerModules {
  readonly tunnel: ClientTunnel
  readonly office: Pick<ChannelOffice, 'channelTo' | 'isOpen'>
  readonly purse: Pick<Purse, 'pay'>
  readonly tokens: Pick<PayerTokens, 'forLeg'>
  /** undefined for legs without lanes */
  readonly lanes: Pick<ClientLanes, 'at' | 'costs'> | undefined
  readonly answers: Pick<AnswerVerifiers, 'of'>
  readonly reach: Reach
  /** opens a stream to a provider */
  readonly dial: (provider: OfferingProvider) => Promise<ProviderStream>
  readonly exit: NextHop
  /** where providers reach this client's UDP port */
  readonly own: NextHop
  readonly random: RandomSource
  readonly log: Logger
  /** after each payment of a leg by a receipt */
  readonly onPaid: (paid: PaidLeg, channel: Hex) => void
}

const JOIN_MS = 5000
/** A provider that says so is there, and would carry what is paid for. */
const NO_ROOM: ReadonlySet<number> = new Set([REFUSE.busy, REFUSE.credit])

export class LegOpener {
  readonly #modules: LegOpenerModules
  #payingIn = 0
  /** hears of the end of each deposit */
  onPaidIn = () => {}

  constructor(modules: LegOpenerModules) {
    this.#modules = modules
  }

  /** Whether a deposit is on its way to the chain, which takes its time. */
  get isPayingIn(): boolean {
    return this.#payingIn > 0
  }

  /** Whether a leg at this provider needs a deposit or a lane first. */
  costs(account: Hex): boolean {
    const { office, lanes } = this.#modules
    return !office.isOpen(account, 'relay') || lanes?.costs(account) === true
  }

  /** @param ended once the tunnel has: nothing is paid in any more. @throws Error that says why there is no leg */
  async open(
    provider: OfferingProvider,
    ended: AbortSignal,
  ): Promise<{ readonly paid: PaidLeg; readonly lane: LegLane | undefined }> {
    const { tunnel, purse, tokens, log, onPaid } = this.#modules
    const { account } = provider
    if (this.costs(account)) await this.#tryOut(provider)
    ended.throwIfAborted()
    const { id, lane } = await this.#payIn(account)
    const held = await tokens.forLeg(provider, id)
    if (held === undefined)
      log.info({ provider: account }, 'the channel has had its tokens of this era: opening a leg as strangers do')
    const sessions = await this.#openSessions(provider, held, lane)
    if (ended.aborted) await sessions.close()
    ended.throwIfAborted()
    const paid: PaidLeg = new PaidLeg({ tunnel, sessions, purse, id, onPaid: () => onPaid(paid, id) })
    const late = pause(JOIN_MS, 'late' as const, { ref: false })
    const first = await Promise.race([paid.leg.joined, paid.ended, late])
    if (first !== undefined) {
      paid.end('unanswered')
      throw new Error(`the exit does not answer through it (${first})`)
    }
    return { paid, lane }
  }

  /** For nothing. A provider without room for strangers has at least answered. */
  async #tryOut(provider: OfferingProvider): Promise<void> {
    try {
      const sessions = await this.#openSessions(provider, undefined, undefined)
      void sessions.close()
    } catch (error) {
      const hasNoRoom = error instanceof LegRefusedError && NO_ROOM.has(error.reason)
      if (!hasNoRoom || !this.#modules.reach.mayTrust) throw error
    }
  }

  async #payIn(account: Hex): Promise<{ id: Hex; lane: LegLane | undefined }> {
    const { office, lanes, reach } = this.#modules
    if (!this.costs(account))
      return { id: (await office.channelTo(account, 'relay')).id, lane: await lanes?.at(account) }
    this.#payingIn++
    try {
      const { id } = await office.channelTo(account, 'relay')
      reach.deposited()
      return { id, lane: await lanes?.at(account) }
    } finally {
      this.#payingIn--
      this.onPaidIn()
    }
  }

  #openSessions(
    provider: OfferingProvider,
    tokens: readonly [Uint8Array, Uint8Array] | undefined,
    lane: LegLane | undefined,
  ): Promise<LegSessions> {
    const { answers, exit, own, random, reach, dial } = this.#modules
    const { account, claimKbps } = provider
    return openLegSessions({
      ...{ claimKbps, exit, own, random, lane, tokens, provider: answers.of(account) },
      dial: () => dial(provider),
      onTriedOwn: isReached => reach.tried(account, isReached),
    })
  }
}
