/** The bounds of the tunnel. Pure. */
import type { Criterion } from '../criteria.js'
import { quantile } from '../quantile.js'
import type { FaultRow, RateRow, TunnelResult } from './result.js'

type Rows = Pick<TunnelResult, 'faults' | 'rates' | 'uptimes'>

/** ms; see network.ts */
const RTT_MS = 40
const KILL_MS = 1.5 * RTT_MS + 40
const BLACKHOLE_MS = RTT_MS + 100
/** Of a second after a fault, of the living legs' grants. */
const SHARE_AFTER = 0.8
const ONE_LEG_SHARE = 0.85
const TWO_LEGS = 1.7

export const gapsOf = ({ readings }: FaultRow): number[] => readings.map(({ gapMs }) => gapMs)
export const gapsBeforeOf = ({ readings }: FaultRow): number[] => readings.map(({ gapBeforeMs }) => gapBeforeMs)
export const sharesOf = ({ readings }: FaultRow): number[] => readings.map(({ share }) => share)

export const criteriaOf = ({ faults, rates, uptimes }: Rows): Criterion[] => [
  ...faults.filter(({ way }) => way !== 'mptcp').flatMap(ofFaults),
  ...ofRates(rates),
  ...uptimes.map(({ legs, wrongBytes }) => ({
    what: `uptime, legs ${legs}: bytes lost or wrong`,
    value: wrongBytes,
    atMost: 0,
  })),
]

function ofFaults(row: FaultRow): Criterion[] {
  const name = `${row.way} ${row.fault}`
  const gap = (what: string, value: number, atMost: number) => ({ what: `${name}: ${what}`, value, atMost })
  return [
    row.way === 'copies'
      ? gap('longest gap, ms', Math.max(...gapsOf(row)), quantile(gapsBeforeOf(row), 0.99))
      : gap('gap at P95, ms', quantile(gapsOf(row), 0.95), row.fault === 'kill' ? KILL_MS : BLACKHOLE_MS),
    // As the gap holds for 95 of a hundred faults, so does the rate.
    {
      what: `${name}: share of the grants in the next second, P5`,
      value: quantile(sharesOf(row), 0.05),
      atLeast: SHARE_AFTER,
    },
    {
      what: `${name}: bytes lost or wrong`,
      value: row.isSameHash ? row.wrongBytes : Number.POSITIVE_INFINITY,
      atMost: 0,
    },
  ]
}

function ofRates(rates: readonly RateRow[]): Criterion[] {
  const limited = rates.filter(({ pathKbps }) => pathKbps !== undefined)
  const criteria: Criterion[] = []
  for (const row of limited) {
    const mbps = row.pathKbps! / 1000
    const name = `${mbps} Mbit/s, ${row.lossPercent} % loss`
    const one = limited.find(other => other.what === 'one leg' && isSamePath(other, row))
    if (row.what === 'one leg')
      criteria.push({
        what: `${name}: one leg, share of its grant`,
        value: row.rateKbps / row.pathKbps!,
        atLeast: ONE_LEG_SHARE,
      })
    if (row.what === 'two legs' && one)
      criteria.push({ what: `${name}: two legs / one leg`, value: row.rateKbps / one.rateKbps, atLeast: TWO_LEGS })
    if (row.what === 'shadowsocks' && one)
      criteria.push({
        what: `${name}: one leg / shadowsocks with ${row.congestion}`,
        value: one.rateKbps / row.rateKbps,
        atLeast: 1,
      })
  }
  const wrong = rates.reduce((sum, { wrongBytes }) => sum + wrongBytes, 0)
  if (rates.length > 0) criteria.push({ what: 'rates: bytes lost or wrong', value: wrong, atMost: 0 })
  return criteria
}

const isSamePath = (a: RateRow, b: RateRow): boolean => a.pathKbps === b.pathKbps && a.lossPercent === b.lossPercent
