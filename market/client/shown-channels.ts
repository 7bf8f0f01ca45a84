/** The channels of an account, as the chain has them. */
import type { Hex } from '../../proto/hex.js'
import { balanceOf } from '../../verifier/chain/escrow.js'
import { EscrowLog } from '../../verifier/chain/escrow-log.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { FundedChannel } from '../core/channel.js'

export interface ShownChannel extends FundedChannel {
  /** opened for traffic with priority */
  readonly isPremium: boolean
}

/** All that are open and that the account pays from, the oldest first. @throws RpcFault */
export async function channelsFrom(chain: EthersChain, payer: Hex): Promise<ShownChannel[]> {
  const open = await new EscrowLog(chain.context, { payer }).channels()
  const read = open.map(async ({ id, channel, isPremium }) => ({
    id,
    channel,
    isPremium,
    ...(await balanceOf(chain.context, id)),
  }))
  return (await Promise.all(read)).filter(({ deposit }) => deposit > 0n)
}
