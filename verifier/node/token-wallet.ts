/**
 * A verifier's tokens for the relays of providers. The wallet asks each provider for what two epochs may need: when an era
 * begins, at a random instant of the epoch before if its set is known by then, and then once in each epoch, at a random instant.
 * So a provider cannot tell from an order what was just spent, and verifiers do not all order at once.
 */
import { type RandomSource, TokenOrder, type TokenSource } from '../../probe/index.js'
import { epochAt, epochStartMs, eraOf } from '../../proto/epoch.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import { MAX_TOKENS_PER_REQUEST, TOKEN_REFUSE } from '../../proto/messages.js'
import { tokenInfo } from '../../proto/token.js'
import { tokensHeld } from '../core/assignment/token-need.js'
import type { Announcement } from '../core/ports.js'
import { withAnySignal } from '../net/any-signal.js'
import type { PeerAddress } from '../net/streams.js'
import { requestTokens } from '../net/tokens.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { repeat } from './waiting.js'

/** A provider answers in a few milliseconds for each token, unless many verifiers order at once, as when an era begins. */
const ORDER_TIMEOUT_MS = 10_000
/** How often the wallet looks for orders that are due: so many times an epoch. */
const STEPS_PER_EPOCH = 20
const LONGEST_STEP_MS = 2000
/** A provider that gives no answer is left out for one step, then for two, and so on up to this many. */
const MOST_STEPS_LEFT_OUT = 32

type WalletContext = Pick<
  VerifierContext,
  'chain' | 'epochs' | 'log' | 'network' | 'params' | 'peer' | 'random' | 'self' | 'stopping' | 'wall'
>

/** The tokens of one provider in one era. */
interface Purse {
  readonly tokens: Uint8Array[]
  /** when the next order is due */
  dueMs: number
  /** since the last answer */
  failures: number
  stepsLeftOut: number
}

export class TokenWallet implements TokenSource {
  readonly #context: WalletContext
  readonly #directory: Pick<Directory, 'providers'>
  /** by era, then by provider */
  readonly #purses = new Map<number, Map<Hex, Purse>>()
  /** registry indices by era */
  readonly #sets = new Map<number, number[]>()

  constructor(context: WalletContext, directory: Pick<Directory, 'providers'>) {
    this.#context = context
    this.#directory = directory
  }

  take(provider: Hex): Uint8Array | undefined {
    const { epochs, log, wall } = this.#context
    const epoch = epochAt(epochs, wall.nowMs())
    // Providers take the tokens of the era before for one more epoch.
    for (const era of [eraOf(epochs, epoch), eraOf(epochs, epoch - 1)]) {
      const token = this.#purses.get(era)?.get(provider)?.tokens.pop()
      if (token !== undefined) return token
    }
    log.info({ epoch, provider }, 'there is no token for this provider, so the session is opened as a stranger’s')
    return undefined
  }

  /** Until the node stops. @throws AbortError then */
  run(): Promise<never> {
    const stepMs = Math.min(this.#context.epochs.epochMs / STEPS_PER_EPOCH, LONGEST_STEP_MS)
    return repeat(() => this.#step(), stepMs, this.#context.stopping)
  }

  async #step(): Promise<void> {
    const { epochs, wall } = this.#context
    const epoch = epochAt(epochs, wall.nowMs())
    const [previous, current, next] = [-1, 0, 1].map(offset => eraOf(epochs, epoch + offset)) as [
      number,
      number,
      number,
    ]
    for (const eras of [this.#purses, this.#sets]) for (const era of eras.keys()) if (era < previous) eras.delete(era)
    for (const era of new Set([current, next])) {
      if (era < 1) continue
      let members: Promise<number | undefined> | undefined
      const ofEra = () => {
        members ??= this.#membersOf(era)
        return members
      }
      await Promise.all(this.#directory.providers().map(provider => this.#fill(provider, era, ofEra)))
    }
  }

  /** @param membersOf as `#membersOf`, which asks the chain once for all providers */
  async #fill(
    { account, tokenKey, ...address }: Announcement,
    era: number,
    membersOf: () => Promise<number | undefined>,
  ): Promise<void> {
    const { epochs, log, params, random, stopping, wall } = this.#context
    const purse = this.#purse(era, account)
    if (tokenKey === undefined || wall.nowMs() < purse.dueMs || purse.stepsLeftOut-- > 0) return
    try {
      const members = await membersOf()
      if (members === undefined) return
      const wanted = tokensHeld(params, members)
      while (purse.tokens.length < wanted) {
        const terms = { publicKey: fromHex(tokenKey), info: tokenInfo(this.#context.network, account, era), era }
        const order = new TokenOrder(terms, Math.min(MAX_TOKENS_PER_REQUEST, wanted - purse.tokens.length), random)
        const reason = await this.#send(order, era, address, purse)
        purse.failures = 0
        if (reason === TOKEN_REFUSE.allowance) break
        if (reason !== undefined) return
      }
      purse.dueMs = this.#startOfNextMs() + epochs.epochMs * fractionFrom(random)
    } catch (error) {
      stopping.throwIfAborted()
      purse.stepsLeftOut = Math.min(2 ** purse.failures++, MOST_STEPS_LEFT_OUT)
      log.debug({ provider: account, era, error: (error as Error).message }, 'could not get tokens, will ask again')
    }
  }

  /** @returns the reason of a refusal @throws StreamError, or Error if the answer is not what the announced key makes */
  async #send(order: TokenOrder, era: number, provider: PeerAddress, purse: Purse): Promise<number | undefined> {
    const { peer, stopping } = this.#context
    const request = { era, blindedElements: order.blindedElements }
    const answer = await withAnySignal([stopping, AbortSignal.timeout(ORDER_TIMEOUT_MS)], signal =>
      requestTokens(peer, provider, request, signal),
    )
    if (answer?.issue === undefined) return answer?.refuse?.reason ?? 0
    purse.tokens.unshift(...order.finish(answer.issue))
    return undefined
  }

  /** The size of the era's frozen set; undefined if this verifier is not in it, or if it is not known yet. */
  async #membersOf(era: number): Promise<number | undefined> {
    const { chain, epochs, self, wall } = this.#context
    let set = this.#sets.get(era)
    if (set === undefined) {
      const begun = era <= eraOf(epochs, epochAt(epochs, wall.nowMs()))
      if (!begun && !(await chain.isSetKnown(era))) return undefined
      set = (await chain.frozenSet(era)).map(({ index }) => index)
      if (begun) this.#sets.set(era, set) // before, a late freeze may still change the set
    }
    return set.includes(self.index) ? set.length : undefined
  }

  #purse(era: number, provider: Hex): Purse {
    const ofEra = this.#purses.get(era) ?? new Map<Hex, Purse>()
    this.#purses.set(era, ofEra)
    const purse = ofEra.get(provider) ?? { tokens: [], dueMs: this.#firstOrderMs(era), failures: 0, stepsLeftOut: 0 }
    ofEra.set(provider, purse)
    return purse
  }

  /** At once in an era that has begun, and in the first, which no tokens of another precede. */
  #firstOrderMs(era: number): number {
    const { epochs, random, wall } = this.#context
    const nowMs = wall.nowMs()
    if (era <= Math.max(1, eraOf(epochs, epochAt(epochs, nowMs)))) return 0
    return nowMs + (this.#startOfNextMs() - nowMs) * fractionFrom(random)
  }

  #startOfNextMs(): number {
    const { epochs, wall } = this.#context
    return epochStartMs(epochs, epochAt(epochs, wall.nowMs()) + 1)
  }
}

/** From 0 to below 1. */
const fractionFrom = (random: RandomSource): number => Buffer.from(random.bytes(4)).readUInt32BE() / 2 ** 32
