/** The criteria for the figures, and whether they are met. Pure. */

import { type Criterion, holds } from '../criteria.js'
import { median } from '../quantile.js'

/** The best trial of one way to carry datagrams. */
export interface Row {
  readonly name: string
  readonly gbps: number
  /** processor seconds a gigabit, by role */
  readonly coreSeconds: Readonly<Record<string, number>>
  /** of these, in the kernel: the system calls, and the transport over the links that they start */
  readonly kernelSeconds: Readonly<Record<string, number>>
  readonly residentMb: Readonly<Record<string, number>>
  /** the best figure of each round; 0 for a round that carried no rate without loss */
  readonly roundsGbps: readonly number[]
  /** processor seconds a gigabit over all roles, in each round */
  readonly roundsCoreSeconds: readonly number[]
}

export interface Rows {
  readonly mmsg?: Row | undefined
  readonly dgram?: Row | undefined
  readonly offload?: Row | undefined
  readonly socat?: Row | undefined
  readonly iperf3?: Row | undefined
  readonly bare?: Row | undefined
}

type PerRound = 'roundsGbps' | 'roundsCoreSeconds'

/**
 * The middle ratio of all rounds. The rows of one round share what else the machine does, and those of two rounds do not.
 */
function ratio(what: PerRound, a: Row | undefined, b: Row | undefined): number | undefined {
  if (!a || !b) return undefined
  const rounds = a[what].map((value, round) => value / b[what][round]!).filter(value => value > 0 && value < Infinity)
  return rounds.length > 0 ? median(rounds) : undefined
}

/** The sum over all roles. */
export const total = (seconds: Readonly<Record<string, number>>): number =>
  Object.values(seconds).reduce((sum, s) => sum + s, 0)

export const criteriaOf = ({ mmsg, offload, dgram, socat, iperf3, bare }: Rows): Criterion[] => [
  { what: 'core-seconds per Gbit, mmsg / bare calls', value: ratio('roundsCoreSeconds', mmsg, bare), atMost: 1.7 },
  { what: 'the same with offload', value: ratio('roundsCoreSeconds', offload, bare), atMost: 1 },
  { what: 'rate, mmsg / iperf3 direct', value: ratio('roundsGbps', mmsg, iperf3), atLeast: 1 },
  { what: 'mmsg / dgram', value: ratio('roundsGbps', mmsg, dgram), atLeast: 2 },
  { what: 'dgram / socat', value: ratio('roundsGbps', dgram, socat), atLeast: 1 },
]

export function verdictOf(criteria: readonly Criterion[]): { ok: boolean; line: string } {
  const parts = criteria.map(one => {
    const bound = one.atLeast === undefined ? `≤ ${one.atMost}` : `≥ ${one.atLeast}`
    return `${one.what} ${one.value?.toFixed(2) ?? '–'} (${holds(one) ? '' : 'NOT '}${bound})`
  })
  const ok = criteria.every(holds)
  return { ok, line: `${ok ? 'PASS' : 'FAIL'} dataplane: ${parts.join(', ')}` }
}
