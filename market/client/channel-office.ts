/**
 * Gets a channel to pay an account from: one that is open, the same with more in it, or a new one. All channels together
 * hold no more than the user's budget. What may be in a channel counts, too: an opening that was sent and that the chain does
 * not show yet, say after a start anew.
 */
import type { Logger } from 'pino'
import type { RandomSource } from '../../probe/ports.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { accountOf } from '../../verifier/chain/account.js'
import { balanceOf, openChannel, type PremiumProof, topUpChannel } from '../../verifier/chain/escrow.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { insufficientFunds } from '../../verifier/chain/insufficient-funds.js'
import { readTokens } from '../../verifier/chain/stake.js'
import { exactTokensText } from '../../verifier/cli/figures.js'
import { UserError } from '../../verifier/config/errors.js'
import { WALL_CLOCK, type WallClock } from '../../verifier/node/wall-clock.js'
import { payableBytes } from '../core/channel.js'
import { type Purpose, purposeOf } from '../core/purpose.js'
import { nobodySuits } from './nobody-suits.js'
import type { PlannedChannel, Purse, PurseChannel } from './purse.js'
import { PurseMatch } from './purse-match.js'

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
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** what opens channels for priority to a relay; undefined for basic ones */
  readonly premiumProofOf: ((payee: Hex) => PremiumProof | undefined) | undefined
  /** (default: the machine's) */
  readonly wall?: WallClock
}

/** With less left, a channel is not worth a leg. */
const LEAST_LEFT_BYTES = 8 << 20
/** With less left than this part of a deposit, a channel gets another deposit. */
const LOW_PARTS = 4
const KEY_BYTES = 32
/** After a top-up that failed. */
const AGAIN_MS = 10_000
/** For so long after it was sent, an opening that nobody sees counts as one that comes. Most are mined in a minute. */
const UNSEEN_MS = 600_000

/** `low`: it needs more soon. `empty`: it is not worth a leg */
export type ChannelState = 'well' | 'low' | 'empty'

export class ChannelOffice {
  readonly #modules: ChannelOfficeModules
  readonly #match: PurseMatch
  readonly #wall: WallClock
  /** of the account, wei */
  #tokens = 0n
  /** on the way into channels, wei */
  #underway = 0n
  /** openings that are on their way, by payee and purpose */
  readonly #openings = new Map<string, Promise<PurseChannel>>()
  /** top-ups that are on their way, by channel */
  readonly #toppingUp = new Map<Hex, Promise<boolean>>()

  constructor(modules: ChannelOfficeModules) {
    this.#modules = modules
    this.#match = new PurseMatch(modules)
    this.#wall = modules.wall ?? WALL_CLOCK
  }

  /** At the start: what the chain tells of all channels. Nobody is paid from those that are closing. @throws RpcFault; UserError 'store' */
  tidy(): Promise<void> {
    return this.#match.all()
  }

  /** Reads what the account has, and whether the chain shows by now what it did not show. @throws RpcFault; UserError 'store' */
  look(): Promise<void> {
    return this.#look(this.#unseen > 0n)
  }

  async #look(isUnseen: boolean): Promise<void> {
    const { context, account } = this.#modules.chain
    if (isUnseen) await this.#match.unseen()
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
    const [held, unseen] = [this.#held, this.#unseen]
    const ofThem = unseen > 0n ? ` (${text(unseen)} of them in channels that the chain does not show yet)` : ''
    if (held + deposit > budget)
      return [
        `the channels hold ${text(held)} of the ${text(budget)} tokens of --budget${ofThem}, and one more takes ${text(deposit)}`,
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

  /** @throws UserError 'nobody-suits' if nothing is left for it; 'configuration' if the payee does not offer it; 'store' */
  async channelTo(payee: Hex, purpose: Purpose): Promise<PurseChannel> {
    const open = this.#open(payee, purpose)
    if (open !== undefined) return open
    await this.#look(this.#unseen > 0n || this.#isUnseen(payee))
    const { purse } = this.#modules
    const found = this.#open(payee, purpose)
    if (found !== undefined) return found
    const known = purse.of(payee, purpose, this.#isPremium(purpose))
    if (known !== undefined && (await this.replenish(known.id))) return purse.of(payee, purpose, known.isPremium)!
    const running = this.#openings.get(nameOf({ payee, purpose }))
    if (running !== undefined) return running
    if (this.#poverty !== undefined) throw this.nothingLeft
    const forget = () => this.#openings.delete(nameOf({ payee, purpose }))
    const opening = this.#reserving(() => this.#openNew(payee, purpose)).finally(forget)
    this.#openings.set(nameOf({ payee, purpose }), opening)
    return opening
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
    const work = this.#reserving(() => this.#topUp(held)).then(
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

  /** @returns false for a channel that its payee, or somebody else, has ended. @throws RpcFault; UserError 'store' */
  async #topUp({ id, channel, deposit: known }: PurseChannel): Promise<boolean> {
    const { chain, purse, terms } = this.#modules
    const { deposit, closesAt } = await balanceOf(chain.context, id)
    if (deposit === 0n) {
      await this.#match.ends()
      if (purse.channels.every(one => one.id !== id)) return false
      throw new Error('the chain node does not show the channel')
    }
    purse.mark(id, closesAt === undefined ? 'open' : 'closing')
    if (closesAt !== undefined) return false
    await purse.raise(id, deposit)
    if (this.stateOf(id) === 'well') return true // by a top-up that seemed to have failed
    await topUpChannel(chain.sender!, channel, terms.deposit)
    await purse.raise(id, (deposit > known ? deposit : known) + terms.deposit)
    this.#tokens -= terms.deposit
    return true
  }

  /** The key is on the disk before the transaction is sent: it may be mined after this client has ended. */
  async #openNew(payee: Hex, purpose: Purpose): Promise<PurseChannel> {
    const { chain, purse, terms, random, premiumProofOf } = this.#modules
    const isPremium = this.#isPremium(purpose)
    const premium = isPremium ? premiumProofOf!(payee) : undefined
    if (isPremium && premium === undefined)
      throw new Error('no late report shows its tier, which a channel for priority needs')
    const isSame = (one: PlannedChannel) =>
      one.payee === payee && one.purpose === purpose && one.isPremium === isPremium
    const before = purse.planned.find(isSame)
    const signer = await (before === undefined
      ? purse.plan(keyFor(purpose, random), { payee, deposit: terms.deposit, isPremium })
      : purse.planAgain(before.signer, terms.deposit))
    const opened = await openChannel(chain.sender!, { payee, signer, premium, ...terms }).catch(async error => {
      if (before === undefined && wasNeverSent(error)) await purse.forget(signer)
      throw error
    })
    await purse.adopt(opened)
    this.#tokens -= terms.deposit
    return purse.channels.find(({ id }) => id === opened.id)!
  }

  /** Holds a deposit back for some work, from the moment of the call: whoever asks next must not count on it. */
  async #reserving<T>(work: () => Promise<T>): Promise<T> {
    const { deposit } = this.#modules.terms
    this.#underway += deposit
    try {
      return await work()
    } finally {
      this.#underway -= deposit
    }
  }

  /** One that needs no deposit. */
  #open(payee: Hex, purpose: Purpose): PurseChannel | undefined {
    const open = this.#modules.purse.of(payee, purpose, this.#isPremium(purpose))
    return open !== undefined && open.leftBytes >= LEAST_LEFT_BYTES && this.#isCheap(open) ? open : undefined
  }

  /** In all channels, or on the way there, wei. What thaws is on its way back. */
  get #held(): bigint {
    const open = this.#modules.purse.channels.filter(({ standing }) => standing === 'open')
    return sumOf(open) + this.#unseen + this.#underway
  }

  /** In channels that the chain does not show, and may show soon, wei. */
  get #unseen(): bigint {
    const { channels, planned } = this.#modules.purse
    const isRecent = ({ atMs }: { readonly atMs: number }) => this.#wall.nowMs() - atMs < UNSEEN_MS
    const missing = channels.filter(one => one.standing === 'missing' && isRecent(one))
    return sumOf(missing) + sumOf(planned.filter(one => !this.#openings.has(nameOf(one)) && isRecent(one)))
  }

  #isUnseen(payee: Hex): boolean {
    const { channels, planned } = this.#modules.purse
    return (
      planned.some(one => one.payee === payee && !this.#openings.has(nameOf(one))) ||
      channels.some(one => one.channel.payee === payee && one.standing === 'missing')
    )
  }

  #isPremium(purpose: Purpose): boolean {
    return purpose === 'relay' && this.#modules.premiumProofOf !== undefined
  }

  #isCheap({ channel }: PurseChannel): boolean {
    return channel.price <= this.#modules.terms.maxPrice
  }
}

const nameOf = ({ payee, purpose }: Pick<PlannedChannel, 'payee' | 'purpose'>): string => `${payee} ${purpose}`

const sumOf = (channels: readonly { readonly deposit: bigint }[]): bigint =>
  channels.reduce((sum, { deposit }) => sum + deposit, 0n)

/** An offer that was not there, or an account with too little. Of all other errors, the opening may have been sent. */
const wasNeverSent = (error: Error): boolean => error instanceof UserError || insufficientFunds(error) !== undefined

/** Half of all keys fit. */
function keyFor(purpose: Purpose, random: RandomSource): Hex {
  for (;;) {
    const key = toHex(random.bytes(KEY_BYTES))
    if (purposeOf(accountOf(key)) === purpose) return key
  }
}
