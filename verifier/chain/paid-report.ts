/** What the chain at one block says of the report that is due for payment, and of the pot. */
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { NO_PAID_REPORT, type PaidReport } from '../core/facts.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { eventsOf } from './events.js'

/** The blocks between which the report of an epoch was posted, and the block at which it is read. */
export interface PaidReportPlace {
  readonly epoch: number
  /** B(epoch + 1) and B(epoch + 2): the contract accepts the report in the epoch after its own, and never later */
  readonly before: number
  readonly last: number
  readonly blockTag: number
}

/** @returns undefined if a reorganisation removed the report while it was read */
export async function readPaidReport(
  context: ChainContext,
  { epoch, before, last, blockTag }: PaidReportPlace,
): Promise<PaidReport | undefined> {
  const { epochReports } = context.contracts
  const headerHash: Hex = hex(await epochReports.getFunction('headerHashOf')(epoch, { blockTag }))
  if (headerHash === ZERO_HASH) return NO_PAID_REPORT
  const events = await eventsOf(context, epochReports, 'Posted', [epoch, headerHash], before + 1, last)
  const nonSigners = events[0]?.args.nonSigners as bigint[] | undefined
  return nonSigners && { epoch, headerHash, nonSigners: nonSigners.map(Number) }
}

export const readRewardsFunded = ({ contracts }: ChainContext, blockTag: number): Promise<bigint> =>
  contracts.rewardsDistributor.getFunction('funded')({ blockTag })
