/** Takes back what is left in the channels of an account: the first call begins their thaw, and one after it ends them. */
import type { Hex } from '../../proto/hex.js'
import { blockAt } from '../../verifier/chain/block-search.js'
import { balanceOf, closeCall, readThaw, startCloseCall } from '../../verifier/chain/escrow.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { ShownChannel } from './shown-channels.js'

/** What became of a channel. `closesAt`: end of its thaw, unix seconds. `refused`: of the transaction, with its reason */
export type Closing = { readonly id: Hex } & (
  | { readonly kind: 'closed' }
  | { readonly kind: 'thawing'; readonly closesAt: number }
  | { readonly kind: 'refused'; readonly reason: string }
)

/** One after another, also after one that was refused. @throws RpcFault */
export async function closeAll(chain: EthersChain, channels: readonly ShownChannel[]): Promise<Closing[]> {
  const closings: Closing[] = []
  for (const channel of channels)
    closings.push(await (channel.closesAt === undefined ? begin(chain, channel) : end(chain, channel)))
  return closings
}

async function begin({ context, sender }: EthersChain, { id, channel }: ShownChannel): Promise<Closing> {
  const result = await sender!.send(startCloseCall(context, channel))
  const { deposit, closesAt } = await balanceOf(context, id)
  if (closesAt !== undefined) return { id, kind: 'thawing', closesAt }
  if (result.kind !== 'rejected') return { id, kind: 'thawing', closesAt: await thawFromNow(context) }
  // Its payee may have ended it.
  return deposit === 0n ? { id, kind: 'closed' } : { id, kind: 'refused', reason: result.reason }
}

async function end({ context, sender }: EthersChain, { id, channel, closesAt }: ShownChannel): Promise<Closing> {
  // Asked before: a refusal for the time says that it was before the end of the thaw then.
  const { timestamp } = await blockAt(context.provider, 'latest')
  const result = await sender!.send(closeCall(context, channel))
  if (result.kind !== 'rejected') return { id, kind: 'closed' }
  return timestamp < closesAt!
    ? { id, kind: 'thawing', closesAt: closesAt! }
    : { id, kind: 'refused', reason: result.reason }
}

/** For a chain node that does not show yet what it has just mined. */
async function thawFromNow(context: EthersChain['context']): Promise<number> {
  const { timestamp } = await blockAt(context.provider, 'latest')
  return timestamp + (await readThaw(context))
}
