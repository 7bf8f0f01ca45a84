/**
 * Gets a channel to pay an account from: one that is open, the same with more in it, or a new one. All channels together
 * hold no more than the user's budget.
 */
import type { Logger } from 'pino'
import type { RandomSource } from '../../probe/ports.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { accountOf } from '../../verifier/chain/account.js'
import { balanceOf, openChannel, type PremiumProof, topUpChannel } from '../../verifier/chain/escrow.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { readTokens } from '../../verifier/chain/stake.js'
import { exactTokensText } from '../../verifier/cli/figures.js'
import type { UserError } from '../../verifier/config/errors.js'
import { payableBytes } from '../core/channel.js'
import { type Purpose, purposeOf } from '../core/purpose.js'
import { nobodySuits } from './nobody-suits.js'
import type { Purse, PurseChannel } from './purse.js'

export interface ChannelTerms {
  /** wei that a new channel gets, and one that is nearly empty */
  readonly deposit: bigint
  /** wei that all channels may hold together */
  readonly budget: bigint
  /** wei for 2^30 bytes */
  readonly maxPrice: bigint
}

export interface ChannelOfficeModules {
  readonly chain: EthersChain
  readonly purse: Purse
  readonly terms: ChannelTerms
  readonly random: RandomSource
  readonly log: Pick<Logger, 'warn'>
  /** what opens channels for priority to a relay; undefined for basic ones */
  readonly premiumProofOf: ((payee: Hex) => PremiumProof | undefined) | undefined
}

/** With less left, a channel is not worth a leg. */
const LEAST_LEFT_BYTES = 8 << 20
/** With less left than this part of a deposit, a channel gets another deposit. */
const LOW_PARTS = 4
const KEY_BYTES = 32
/** After a top-up that failed. */
const AGAIN_MS = 10_000

/** `low`: it needs more soon. `empty`: it is not worth a leg */
export type ChannelState = 'well' | 'low' | 'empty'

export class ChannelOffice {
  readonly #modules: ChannelOfficeModules
  /** of the account, wei */
  #tokens = 0n
  /** on the way into channels, wei */
  #underway = 0n
  /** top-ups that are on their way, by channel */
  readonly #toppingUp = new Map<Hex, Promise<boolean>>()

  constructor(modules: ChannelOfficeModules) {
    this.#modules = modules
  }

  /** Forgets the channels that have ended, or are about to: nobody is paid from them any more. @throws RpcFault */
  async tidy(): Promise<void> {
    const { chain, purse } = this.#modules
    for (const { id } of purse.channels) {
      const { deposit, closesAt } = await balanceOf(chain.context, id)
      if (deposit === 0n || closesAt !== undefined) await purse.drop(id)
    }
  }

  /** Reads what the account has. @throws RpcFault */
  async look(): Promise<void> {
    const { context, account } = this.#modules.chain
    this.#tokens = await readTokens(context, account!)
  }

  /** Whether there is a channel for the account, or something to open one with. */
  canPay(payee: Hex, purpose: Purpose): boolean {
    return this.#open(payee, purpose) !== undefined || this.#poverty === undefined
  }

  /** Whether there is a channel for the account that needs no deposit. */
  isOpen(payee: Hex, purpose: Purpose): boolean {
    return this.#open(payee, purpose) !== undefined
  }

  /** Why no deposit can be made, and what to do, for a person; undefined if one can. */
  get #poverty(): readonly [why: string, todo: string] | undefined {
    const { chain, terms } = this.#modules
    const { deposit, budget } = terms
    const text = exactTokensText
    const tokens = this.#tokens - this.#underway
    if (this.#held + deposit > budget)
      return [
        `the channels hold ${text(this.#held)} of the ${text(budget)} tokens of --budget, and one more takes ${text(deposit)}`,
        'Raise --budget, or take back old deposits with `bandwitness client close`.',
      ]
    if (tokens >= deposit) return undefined
    return [
      `the account has ${text(tokens)} tokens, and a channel takes ${text(deposit)}`,
      `Send tokens to ${chain.account}, or lower --deposit.`,
    ]
  }

  /** For when no deposit can be made. */
  get nothingLeft(): UserError {
    const [why, todo] = this.#poverty ?? ['another deposit was just made', undefined]
    return nobodySuits(`nothing is left to pay with: ${why}`, todo)
  }

  /** @throws UserError 'nobody-suits' if nothing is left for it; 'configuration' if the payee does not offer it */
  async channelTo(payee: Hex, purpose: Purpose): Promise<PurseChannel> {
    const open = this.#open(payee, purpose)
    if (open !== undefined) return open
    await this.look()
    const { purse } = this.#modules
    const known = purse.of(payee, purpose, this.#isPremium(purpose))
    if (known !== undefined && (await this.replenish(known.id))) return purse.of(payee, purpose, known.isPremium)!
    if (this.#poverty !== undefined) throw this.nothingLeft
    return this.#openNew(payee, purpose)
  }

  stateOf(id: Hex): ChannelState {
    const { purse, terms } = this.#modules
    const held = purse.channels.find(one => one.id === id)
    if (held === undefined || held.leftBytes < LEAST_LEFT_BYTES) return 'empty'
    const depositBytes = payableBytes({ channel: held.channel, deposit: terms.deposit })
    return held.leftBytes < depositBytes / LOW_PARTS ? 'low' : 'well'
  }

  /**
   * Puts another deposit into a channel. A top-up that is under way is shared, and so is one that just failed. Never rejects.
   * @returns whether there is more in it now
   */
  replenish(id: Hex): Promise<boolean> {
    const { purse, log } = this.#modules
    const running = this.#toppingUp.get(id)
    if (running !== undefined) return running
    const held = purse.channels.find(one => one.id === id)
    if (held === undefined || !this.#isCheap(held) || this.#poverty !== undefined) return Promise.resolve(false)
    const forget = () => this.#toppingUp.delete(id)
    const work = this.#topUp(held).then(
      isDone => {
        forget()
        return isDone
      },
      error => {
        log.warn({ channel: id, error: error.message }, 'could not top up the channel')
        setTimeout(forget, AGAIN_MS).unref()
        return false
      },
    )
    this.#toppingUp.set(id, work)
    return work
  }

  /** @returns false for a channel that its payee, or somebody else, has ended. @throws RpcFault */
  async #topUp({ id, channel }: PurseChannel): Promise<boolean> {
    const { chain, purse, terms } = this.#modules
    const before = await balanceOf(chain.context, id)
    if (before.deposit === 0n || before.closesAt !== undefined) {
      await purse.drop(id)
      return false
    }
    await this.#spend(async () => {
      await topUpChannel(chain.sender!, channel, terms.deposit)
      await purse.raise(id, before.deposit + terms.deposit)
    })
    return true
  }

  async #openNew(payee: Hex, purpose: Purpose): Promise<PurseChannel> {
    const { chain, purse, terms, random, premiumProofOf } = this.#modules
    const key = keyFor(purpose, random)
    const premium = this.#isPremium(purpose) ? premiumProofOf!(payee) : undefined
    if (this.#isPremium(purpose) && premium === undefined)
      throw new Error('no late report shows its tier, which a channel for priority needs')
    const order = { payee, signer: accountOf(key), premium, ...terms }
    return this.#spend(async () => {
      const opened = await openChannel(chain.sender!, order)
      await purse.keep(opened, key)
      return purse.of(payee, purpose, opened.isPremium)!
    })
  }

  async #spend<T>(work: () => Promise<T>): Promise<T> {
    const { deposit } = this.#modules.terms
    this.#underway += deposit
    try {
      const done = await work()
      this.#tokens -= deposit
      return done
    } finally {
      this.#underway -= deposit
    }
  }

  /** One that needs no deposit. */
  #open(payee: Hex, purpose: Purpose): PurseChannel | undefined {
    const open = this.#modules.purse.of(payee, purpose, this.#isPremium(purpose))
    return open !== undefined && open.leftBytes >= LEAST_LEFT_BYTES && this.#isCheap(open) ? open : undefined
  }

  /** In all channels, or on the way there, wei. */
  get #held(): bigint {
    return this.#modules.purse.channels.reduce((sum, { deposit }) => sum + deposit, this.#underway)
  }

  #isPremium(purpose: Purpose): boolean {
    return purpose === 'relay' && this.#modules.premiumProofOf !== undefined
  }

  #isCheap({ channel }: PurseChannel): boolean {
    return channel.price <= this.#modules.terms.maxPrice
  }
}

/** Half of all keys fit. */
function keyFor(purpose: Purpose, random: RandomSource): Hex {
  for (;;) {
    const key = toHex(random.bytes(KEY_BYTES))
    if (purposeOf(accountOf(key)) === purpose) return key
  }
}
