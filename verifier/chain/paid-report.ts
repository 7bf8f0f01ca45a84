/** What the chain at one block says of the report that is due for payment, and of the pot. */
import type { BlockTag } from 'ethers'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { NO_PAID_REPORT, type PaidReport, type ReportId } from '../core/facts.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { readReveals } from './decoys.js'
import { eventsBetween } from './events-between.js'
import { RpcFault } from './rpc-fault.js'

/** Block numbers. */
export interface PaidReportPlace {
  readonly epoch: number
  /** B(epoch) */
  readonly start: number
  /** B(epoch + 1) and B(epoch + 2): the contract accepts the report in the epoch after its own, and never later */
  readonly before: number
  readonly last: number
  /** B(e) of the report that pays, and its hash */
  readonly payer: number
  readonly blockTag: BlockTag
}

/** @throws RpcFault if the report's event is not there: a reorganisation removed both meanwhile, or the chain node hides it */
export async function readPaidReport(
  context: ChainContext,
  { epoch, start, before, last, payer, blockTag }: PaidReportPlace,
): Promise<PaidReport> {
  const headerHash = await headerHashAt(context, epoch, blockTag)
  if (headerHash === ZERO_HASH) return NO_PAID_REPORT
  const [events, reveals] = await Promise.all([
    eventsBetween(context, context.contracts.epochReports, 'Posted', [epoch, headerHash], {
      from: before + 1,
      to: last,
    }),
    readReveals(context, { paidFor: epoch, after: start, last: payer }),
  ])
  const nonSigners = events[0]?.args.nonSigners as bigint[] | undefined
  if (nonSigners === undefined) {
    const { answering } = context.provider
    throw new RpcFault(`${answering} has a report of epoch ${epoch}, and no event that it was posted`)
  }
  const covered = await reportsOf(context, othersIn(reveals, epoch), blockTag)
  return { epoch, headerHash, nonSigners: nonSigners.map(Number), reveals, covered }
}

export const readRewardsFunded = ({ contracts }: ChainContext, blockTag: BlockTag): Promise<bigint> =>
  contracts.rewardsDistributor.getFunction('funded')({ blockTag })

/** The epochs of the ranges without the paid one, ascending. The contract bounds the length of a range. */
function othersIn(reveals: PaidReport['reveals'], paid: number): number[] {
  const [first, last] = [
    Math.min(paid, ...reveals.map(({ firstEpoch }) => firstEpoch)),
    Math.max(paid, ...reveals.map(({ lastEpoch }) => lastEpoch)),
  ]
  return Array.from({ length: last - first + 1 }, (_, i) => first + i).filter(epoch => epoch !== paid)
}

/** Without epochs that have no report. */
async function reportsOf(context: ChainContext, epochs: readonly number[], blockTag: BlockTag): Promise<ReportId[]> {
  const reports = await Promise.all(
    epochs.map(async epoch => ({ epoch, headerHash: await headerHashAt(context, epoch, blockTag) })),
  )
  return reports.filter(({ headerHash }) => headerHash !== ZERO_HASH)
}

const headerHashAt = async ({ contracts }: ChainContext, epoch: number, blockTag: BlockTag): Promise<Hex> =>
  hex(await contracts.epochReports.getFunction('headerHashOf')(epoch, { blockTag }))
