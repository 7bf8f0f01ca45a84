/** Gets a channel to pay an account from: one that is open, or a new one. */
import type { RandomSource } from '../../probe/ports.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { accountOf } from '../../verifier/chain/account.js'
import { balanceOf, openChannel } from '../../verifier/chain/escrow.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { type Purpose, purposeOf } from '../core/purpose.js'
import type { Purse, PurseChannel } from './purse.js'

export interface ChannelTerms {
  /** wei that a new channel gets */
  readonly deposit: bigint
  /** wei for 2^30 bytes */
  readonly maxPrice: bigint
}

/** With less left, a channel is not worth a leg. */
const LEAST_LEFT_BYTES = 8 << 20
const KEY_BYTES = 32

export class ChannelOffice {
  readonly #chain: EthersChain
  readonly #purse: Purse
  readonly #terms: ChannelTerms
  readonly #random: RandomSource

  constructor(chain: EthersChain, purse: Purse, terms: ChannelTerms, random: RandomSource) {
    this.#chain = chain
    this.#purse = purse
    this.#terms = terms
    this.#random = random
  }

  /** Forgets the channels that have ended, or are about to: nobody is paid from them any more. @throws RpcFault */
  async tidy(): Promise<void> {
    for (const { id } of this.#purse.channels) {
      const { deposit, closesAt } = await balanceOf(this.#chain.context, id)
      if (deposit === 0n || closesAt !== undefined) await this.#purse.drop(id)
    }
  }

  /** @throws UserError 'configuration' if the account cannot pay for it */
  async channelTo(payee: Hex, purpose: Purpose): Promise<PurseChannel> {
    const open = this.#purse.of(payee, purpose)
    if (open !== undefined && open.leftBytes >= LEAST_LEFT_BYTES && open.channel.price <= this.#terms.maxPrice)
      return open
    const key = keyFor(purpose, this.#random)
    const signer = accountOf(key)
    const opened = await openChannel(this.#chain.sender!, { payee, signer, ...this.#terms })
    await this.#purse.keep(opened, key)
    return this.#purse.of(payee, purpose)!
  }
}

/** Half of all keys fit. */
function keyFor(purpose: Purpose, random: RandomSource): Hex {
  for (;;) {
    const key = toHex(random.bytes(KEY_BYTES))
    if (purposeOf(accountOf(key)) === purpose) return key
  }
}
