/** Channels in the escrow: how they are opened, paid from and closed. Amounts in wei of the stake token. */
import type { BlockTag, TransactionReceipt } from 'ethers'
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import { type Channel, channelId, priceOf } from '../../proto/voucher.js'
import { UserError } from '../config/errors.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { channelFrom } from './escrow-log.js'
import { readOffer } from './offers.js'
import { payInto } from './paying.js'
import { type PaidReceipt, redemptionOf } from './redemption.js'
import type { Call, Sender } from './sender.js'

/** Gas limits, well above what the calls take. */
const OPEN_GAS = 250_000n
const OPEN_PREMIUM_GAS = 500_000n
const TOP_UP_GAS = 150_000n

/** The least tier of a payee for the class with priority, in one of so many last reports: as the contract has them. */
export const PREMIUM_TIER = 2
export const PREMIUM_EPOCHS = 10

export interface ChannelOrder {
  readonly payee: Hex
  /** the account whose key is going to sign receipts */
  readonly signer: Hex
  readonly deposit: bigint
  /** the most to pay for 2^30 bytes */
  readonly maxPrice: bigint
  /** for the class with priority: the payee's leaf in one of the last reports (default: the other class) */
  readonly premium?: PremiumProof | undefined
}

export interface PremiumProof {
  readonly header: Header
  readonly leaf: Leaf
  /** from the leaf to the header's score root */
  readonly proof: readonly Hex[]
}

export interface OpenedChannel {
  readonly id: Hex
  readonly channel: Channel
  readonly deposit: bigint
  readonly isPremium: boolean
}

export interface ChannelBalance {
  /** 0 for a channel that is not open */
  readonly deposit: bigint
  readonly paid: bigint
  /** unix seconds; undefined before the thaw */
  readonly closesAt: number | undefined
}

// ---- what the escrow says

/** The id that receipts name. */
export const idOf = ({ file }: Pick<ChainContext, 'file'>, channel: Channel): Hex =>
  channelId({ chainId: file.chainId, contract: file.contracts.transferEscrow }, channel)

/** Time between `startClose` and `close`, in seconds. */
export const readThaw = async ({ contracts }: ChainContext): Promise<number> =>
  Number(await contracts.transferEscrow.getFunction('thawSeconds')())

/** @param blockTag (default: the newest block) */
export async function balanceOf(
  { contracts }: ChainContext,
  id: Hex,
  blockTag: BlockTag = 'latest',
): Promise<ChannelBalance> {
  const [deposit, paid, closesAt]: [bigint, bigint, bigint] = await contracts.transferEscrow.getFunction('balanceOf')(
    id,
    { blockTag },
  )
  return { deposit, paid, closesAt: closesAt === 0n ? undefined : Number(closesAt) }
}

// ---- transactions that move tokens into it

/** Approves the deposit if it must, and opens a channel. @throws UserError 'configuration'; Error if the chain refuses it */
export async function openChannel(sender: Sender, order: ChannelOrder): Promise<OpenedChannel> {
  const { payee, signer, deposit, maxPrice, premium } = order
  await checkPrice(sender.context, order)
  const args = [payee, signer, deposit, maxPrice]
  const receipt = await payInto(sender, deposit, {
    into: 'transferEscrow',
    label: 'opening of the channel',
    ...(premium === undefined
      ? { method: 'open', args, gasLimit: OPEN_GAS }
      : {
          method: 'openPremium',
          args: [...args, premium.header, premium.leaf, premium.proof],
          gasLimit: OPEN_PREMIUM_GAS,
        }),
  })
  return openedIn(sender.context, receipt)
}

/** As `openChannel`, for more in a channel that is open. Anybody may add. @returns the hash of the transaction */
export async function topUpChannel(sender: Sender, channel: Channel, amount: bigint): Promise<Hex> {
  const label = 'top-up of the channel'
  const call = { label, method: 'topUp', args: [channel, amount], gasLimit: TOP_UP_GAS }
  return hex((await payInto(sender, amount, { into: 'transferEscrow', ...call })).hash)
}

/** Before anything is sent: a transaction that reverts costs gas. */
async function checkPrice(context: ChainContext, { payee, maxPrice, premium }: ChannelOrder): Promise<void> {
  const offer = await readOffer(context, payee)
  const price = premium === undefined ? offer?.price : offer?.premiumPrice
  const what = premium === undefined ? 'traffic' : 'traffic with priority'
  if (!price) throw refused(`${payee} offers no ${what}`)
  if (price > maxPrice) throw refused(`${payee} asks ${price} wei for 2^30 bytes of ${what}, more than ${maxPrice}`)
}

const refused = (why: string): UserError => new UserError('configuration', `${why}. Choose another provider.`)

function openedIn({ contracts: { transferEscrow } }: ChainContext, { logs }: TransactionReceipt): OpenedChannel {
  for (const log of logs) {
    if (hex(log.address) !== hex(transferEscrow.target as string)) continue
    const event = transferEscrow.interface.parseLog(log)
    if (event?.name !== 'Opened') continue
    const { id, channel, deposit, isPremium } = event.args
    return { id: hex(id), channel: channelFrom(channel), deposit, isPremium }
  }
  throw new Error('the escrow opened a channel, but emitted no event')
}

// ---- transactions that pay out of it

/** Pays for receipts, the newest of each channel. Those of one payee after one another cost least. */
export function redeemCall(context: ChainContext, receipts: readonly PaidReceipt[]): Call {
  const isPaid = async ({ channel, total }: PaidReceipt, blockTag: BlockTag) => {
    const { deposit, paid } = await balanceOf(context, idOf(context, channel), blockTag)
    return deposit > 0n && (paid === deposit || paid >= priceOf(total, channel.price))
  }
  return {
    contract: context.contracts.transferEscrow,
    method: 'redeem',
    args: [receipts.map(redemptionOf)],
    isDone: async blockTag => (await Promise.all(receipts.map(one => isPaid(one, blockTag)))).every(Boolean),
  }
}

/** Of the payee: ends a channel at once. Redeem first. */
export const releaseCall = (context: ChainContext, channel: Channel): Call => endingCall(context, 'release', channel)

/** Of anybody, after the thaw: what is left goes to the payer. */
export const closeCall = (context: ChainContext, channel: Channel): Call => endingCall(context, 'close', channel)

const endingCall = (context: ChainContext, method: string, channel: Channel): Call => ({
  ...{ contract: context.contracts.transferEscrow, method, args: [channel] },
  isDone: async blockTag => (await balanceOf(context, idOf(context, channel), blockTag)).deposit === 0n,
})

/** Of the payer: the thaw begins. */
export const startCloseCall = (context: ChainContext, channel: Channel): Call => ({
  ...{ contract: context.contracts.transferEscrow, method: 'startClose', args: [channel] },
  isDone: async blockTag => (await balanceOf(context, idOf(context, channel), blockTag)).closesAt !== undefined,
})
