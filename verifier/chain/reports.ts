/** Reports that the chain has accepted, and penalties that it has settled. */
import { HEADER_FIELDS } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { PostedReport, Settlement } from '../core/ports.js'
import type { ChainContext } from './context.js'
import { hex, recordFrom } from './contracts.js'
import { eventsOf } from './events.js'
import { blockOfEpoch, readClock } from './facts.js'

export async function readPosted(context: ChainContext, epoch: number): Promise<PostedReport | undefined> {
  const { contracts, provider } = context
  const accepted = hex(await contracts.epochReports.getFunction('headerHashOf')(epoch))
  const clock = await readClock(context)
  if (accepted === ZERO_HASH || !clock) return undefined
  // The contract accepts a report only while the next epoch runs, so the event lies between B(e+1) and B(e+2).
  const [before, last] = await Promise.all([
    blockOfEpoch(context, clock, epoch + 1),
    blockOfEpoch(context, clock, epoch + 2),
  ])
  if (!before) return undefined
  const events = await eventsOf(context, contracts.epochReports, 'Posted', [epoch], before.number + 1, last?.number)
  const event = events.find(({ args }) => hex(args.headerHash) === accepted)
  const receipt = event && (await provider.getTransactionReceipt(event.transactionHash))
  if (!event || !receipt) return undefined // a reorganisation removed it meanwhile
  return {
    header: recordFrom(HEADER_FIELDS, event.args.header),
    headerHash: accepted,
    round: Number(event.args.round),
    nonSigners: (event.args.nonSigners as bigint[]).map(Number),
    txHash: hex(event.transactionHash),
    blockNumber: event.blockNumber,
    gasUsed: Number(receipt.gasUsed),
  }
}

export async function readSettlements(context: ChainContext, provider: Hex): Promise<Settlement[]> {
  const events = await eventsOf(context, context.contracts.slashingManager, 'Settled', [null, provider])
  return events.map(({ args, transactionHash }) => ({
    epoch: Number(args.epoch),
    provider: hex(args.provider),
    charged: args.charged as bigint,
    txHash: hex(transactionHash),
  }))
}
