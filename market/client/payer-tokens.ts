/**
 * A client's tokens for the relays of providers, ordered with its channels. A relay cannot tell them from those of verifiers,
 * so it cannot treat users and probes differently before data flows.
 */
import { type RandomSource, TokenOrder } from '../../probe/index.js'
import type { NetworkId } from '../../proto/digests.js'
import { type EpochClock, epochAt, eraOf } from '../../proto/epoch.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import { TOKEN_REFUSE } from '../../proto/messages.js'
import { tokenInfo, tokenOrderDigest } from '../../proto/token.js'
import { throwAwayNode } from '../../verifier/net/session-client.js'
import { requestTokens } from '../../verifier/net/tokens.js'
import type { OfferingProvider } from './market-view.js'
import type { Purse } from './purse.js'

export interface PayerTokensModules {
  readonly network: NetworkId
  readonly clock: () => Promise<EpochClock | undefined>
  readonly purse: Pick<Purse, 'sign'>
  readonly random: RandomSource
  readonly stopping: AbortSignal
}

/** For one leg. */
const ORDERED = 2
const ORDER_MS = 5000

export class PayerTokens {
  readonly #modules: PayerTokensModules
  /** by era and provider */
  readonly #held = new Map<string, Uint8Array[]>()

  constructor(modules: PayerTokensModules) {
    this.#modules = modules
  }

  /**
   * @param channel that pays the provider
   * @returns undefined if this channel has had all of the era: a leg may still be opened as strangers do. @throws Error that says why
   * there are none
   */
  async forLeg(provider: OfferingProvider, channel: Hex): Promise<[Uint8Array, Uint8Array] | undefined> {
    const epochs = await this.#modules.clock()
    if (epochs === undefined) throw new Error('the network has not started yet')
    const era = eraOf(epochs, Math.max(1, epochAt(epochs, Date.now())))
    const key = `${era} ${provider.account}`
    for (const old of this.#held.keys()) if (Number(old.split(' ')[0]) < era) this.#held.delete(old)
    const held = this.#held.get(key) ?? []
    this.#held.set(key, held)
    if (held.length < ORDERED) {
      const ordered = await this.#order(provider, channel, era)
      if (ordered === undefined) return undefined
      held.push(...ordered)
    }
    const [up, down] = held.splice(0, ORDERED)
    return [up!, down!]
  }

  async #order(
    { account, tokenKey, peer }: OfferingProvider,
    channel: Hex,
    era: number,
  ): Promise<Uint8Array[] | undefined> {
    const { network, purse, random, stopping } = this.#modules
    if (tokenKey === undefined) throw new Error('it has announced no key for tokens')
    const order = new TokenOrder(
      { publicKey: fromHex(tokenKey), info: tokenInfo(network, account, era), era },
      ORDERED,
      random,
    )
    const { blindedElements } = order
    const signature = purse.sign(
      channel,
      tokenOrderDigest(network, { provider: account, channel, era, blindedElements }),
    )
    const node = await throwAwayNode()
    try {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(ORDER_MS)])
      const request = { era, blindedElements, channel: fromHex(channel), signature }
      const answer = await requestTokens(node, peer, request, signal)
      if (answer?.refuse?.reason === TOKEN_REFUSE.allowance) return undefined
      if (answer?.issue === undefined)
        throw new Error(`it gives no tokens (reason ${answer?.refuse?.reason ?? 'none'})`)
      return order.finish(answer.issue)
    } finally {
      await node.stop()
    }
  }
}
