/** The criteria for the figures, and whether they are met. Pure. */

/** The best trial of one way to carry datagrams. */
export interface Row {
  readonly name: string
  readonly gbps: number
  /** processor seconds a gigabit, by role */
  readonly coreSeconds: Readonly<Record<string, number>>
  /** of these, in the kernel: the system calls, and the transport over the links that they start */
  readonly kernelSeconds: Readonly<Record<string, number>>
  readonly residentMb: Readonly<Record<string, number>>
  /** the best figure of each round */
  readonly roundsGbps: readonly number[]
}

export interface Rows {
  readonly mmsg?: Row | undefined
  readonly dgram?: Row | undefined
  readonly offload?: Row | undefined
  readonly socat?: Row | undefined
  readonly iperf3?: Row | undefined
  readonly bare?: Row | undefined
}

export interface Criterion {
  readonly what: string
  /** undefined if a figure is missing */
  readonly value: number | undefined
  readonly atLeast?: number
  readonly atMost?: number
}

const ratio = (a: Row | undefined, b: Row | undefined): number | undefined => a && b && a.gbps / b.gbps

/** The sum over all roles. */
export const total = (seconds: Readonly<Record<string, number>>): number =>
  Object.values(seconds).reduce((sum, s) => sum + s, 0)

export const criteriaOf = ({ mmsg, dgram, socat, iperf3 }: Rows): Criterion[] => [
  { what: 'mmsg / iperf3 direct', value: ratio(mmsg, iperf3), atLeast: 0.8 },
  { what: 'mmsg / dgram', value: ratio(mmsg, dgram), atLeast: 2.5 },
  { what: 'core-seconds per Gbit, mmsg', value: mmsg && total(mmsg.coreSeconds), atMost: 0.7 },
  { what: 'dgram / socat', value: ratio(dgram, socat), atLeast: 1 },
]

export function verdictOf(criteria: readonly Criterion[]): { ok: boolean; line: string } {
  const parts = criteria.map(({ what, value, atLeast, atMost }) => {
    const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
    const holds = value !== undefined && value >= (atLeast ?? value) && value <= (atMost ?? value)
    return { holds, text: `${what} ${value?.toFixed(2) ?? '–'} (${holds ? '' : 'NOT '}${bound})` }
  })
  const ok = parts.every(({ holds }) => holds)
  return { ok, line: `${ok ? 'PASS' : 'FAIL'} dataplane: ${parts.map(({ text }) => text).join(', ')}` }
}
