/** What clients that cheat were carried and did not pay for, beside the most that the protocol allows. Pure. */
import { CREDIT_BYTES } from '../../market/exit/meter.js'
import { FREE_TOKENS } from '../../market/provider/payer-tokens.js'
import { strangersCredit } from '../../market/provider/strangers-credit.js'
import { paidWindowBytes } from '../../probe/plane/allowance.js'
import { shapeOf } from '../../probe/verdict/session-shape.js'
import type { NetworkParams } from '../../proto/params.js'
import type { NonpayerReport } from './nonpayer-main.js'
import type { FreeloaderReport } from './riders/freeloader.js'
import type { OverspenderReport } from './riders/overspender.js'

export interface Taken {
  /** a noun phrase */
  readonly what: string
  readonly bytes: number
  readonly mostBytes: number
}

export interface Terms {
  readonly params: NetworkParams
  /** of every provider */
  readonly claimKbps: number
}

export const takenByNonpayer = ({ receivedBytes }: NonpayerReport): Taken[] => [
  { what: 'of its page', bytes: receivedBytes, mostBytes: CREDIT_BYTES },
]

export const takenByFreeloader = (report: FreeloaderReport, { params, claimKbps }: Terms): Taken[] => [
  {
    what: `without a token, in ${Math.round(report.strangerSeconds)} s`,
    bytes: report.strangerBytes,
    mostBytes: strangersCredit(params, claimKbps).bytes * periodsIn(report.strangerSeconds, params.epochSeconds),
  },
  {
    what: `for ${report.tokens} tokens of a channel that paid nothing`,
    bytes: report.tokenBytes,
    mostBytes: FREE_TOKENS * report.eras * shapeOf(claimKbps).budgetBytes,
  },
]

/** What was delivered beyond the deposit is at most W for each session. */
export const takenByOverspender = ({ payees }: OverspenderReport, { claimKbps }: Terms): Taken[] =>
  payees.map(({ sessions, deliveredBytes, depositBytes }) => ({
    what: `beyond its deposit, in ${sessions === 1 ? 'one session' : `${sessions} sessions`}`,
    bytes: Math.max(0, deliveredBytes - depositBytes),
    mostBytes: sessions * paidWindowBytes(shapeOf(claimKbps).rateKbps),
  }))

/** How many periods a time may touch: it may begin late in the first one and end early in the last one. */
const periodsIn = (seconds: number, periodSeconds: number): number => Math.floor(seconds / periodSeconds) + 2
