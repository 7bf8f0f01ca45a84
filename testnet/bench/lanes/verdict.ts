/** The bounds of a full link. Pure. */
import type { Criterion } from '../criteria.js'
import { CLAIM_KBPS, LANE_KBPS } from './plan.js'
import type { MixRow } from './result.js'
import type { Reading } from './role-messages.js'

const OVERLOAD = 3
/** Of its reservation, in each second. */
const LANE_SHARE = 0.95
/** Of the delay of basic payers. */
const PREMIUM_DELAY = 1 / 3

export const worstSecond = ({ classes }: MixRow): number => Math.min(...classes.lane.secondsKbps) / LANE_KBPS

/** Of the link. Probes come on top. */
export const overload = ({ classes, linkKbps }: MixRow): number =>
  Object.values(classes).reduce((sum, { offeredKbps }) => sum + offeredKbps, 0) / linkKbps

/** A session that ended otherwise shows nothing. */
const ofClaim = ({ outcome, rateKbps }: Reading): number => (outcome === 'verified' ? rateKbps / CLAIM_KBPS : 0)

export const criteriaOf = (rows: readonly MixRow[]): Criterion[] =>
  rows.flatMap(row => {
    const { mix, seconds, classes, readings } = row
    const { premium, basic } = classes
    return [
      { what: `${mix}: offered, of the link`, value: overload(row), atLeast: OVERLOAD },
      { what: `${mix}: lane in the worst of ${seconds} seconds`, value: worstSecond(row), atLeast: LANE_SHARE },
      {
        what: `${mix}: least of ${readings.length} readings without a payment, of the claim`,
        value: readings.length === 0 ? 0 : Math.min(...readings.map(ofClaim)),
        atLeast: 1,
      },
      {
        what: `${mix}: delay at P99, premium / basic`,
        value: premium.delayMs.p99 / basic.delayMs.p99,
        atMost: PREMIUM_DELAY,
      },
    ]
  })
