/** Reports that the chain has accepted. */
import { HEADER_FIELDS } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex, recordFrom } from './contracts.js'
import { logsBetween } from './events-between.js'
import { blockOfEpoch, readClock } from './facts.js'
import { RpcFault } from './rpc-fault.js'

export const readPosted = (context: ChainContext, epoch: number): Promise<PostedReport | undefined> =>
  context.provider.patiently(`the report of epoch ${epoch}`, async () => {
    const { epochReports } = context.contracts
    const accepted = hex(await epochReports.getFunction('headerHashOf')(epoch))
    if (accepted === ZERO_HASH) return undefined
    const txHash = await context.log.postedIn(accepted)
    return (await postedBy(context, accepted, txHash)) ?? lookCloser(context, epoch)
  })

/**
 * What the log lacks, although the contract has it. A reorganisation may have removed it meanwhile, or one of several chain
 * nodes behind a URL may lag. Or else the log was read from a chain node that hid the event, and is asked for it again.
 * @throws RpcFault if the event is still hidden
 */
async function lookCloser(context: ChainContext, epoch: number): Promise<PostedReport | undefined> {
  const { provider, contracts } = context
  const { epochReports } = contracts
  const head = await blockAt(provider, 'latest')
  const accepted = hex(await epochReports.getFunction('headerHashOf')(epoch, { blockTag: head.number }))
  const clock = accepted === ZERO_HASH ? undefined : await readClock(context)
  const start = clock && (await blockOfEpoch(context, clock, epoch + 1))
  if (start === undefined) return undefined
  const range = { from: start.number + 1, to: head.number }
  const [log] = await logsBetween(context, epochReports, 'Posted', [epoch, accepted], range)
  if (log !== undefined) await context.log.lacks(Number(log.blockNumber))
  const posted = await postedBy(context, accepted, log?.transactionHash as Hex | undefined)
  if (posted !== undefined || (await provider.getBlock(head.number))?.hash !== head.hash) return posted
  throw new RpcFault(
    `${provider.answering} hides events: it has a report of epoch ${epoch}, and none that it was posted`,
  )
}

async function postedBy(
  { contracts: { epochReports }, provider }: ChainContext,
  accepted: Hex,
  txHash: Hex | undefined,
): Promise<PostedReport | undefined> {
  const receipt = txHash && (await provider.getTransactionReceipt(txHash))
  if (!receipt) return undefined
  const events = receipt.logs
    .filter(({ address }) => hex(address) === hex(epochReports.target as string))
    .map(one => epochReports.interface.parseLog(one))
  const args = events.find(event => event?.name === 'Posted' && hex(event.args.headerHash) === accepted)?.args
  return (
    args && {
      header: recordFrom(HEADER_FIELDS, args.header),
      headerHash: accepted,
      round: Number(args.round),
      nonSigners: (args.nonSigners as bigint[]).map(Number),
      txHash,
      blockNumber: receipt.blockNumber,
      gasUsed: Number(receipt.gasUsed),
    }
  )
}
