/** The results of `bench dataplane` and `bench dataplane-sessions`, as in their JSON files. */
import type { Criterion } from '../criteria.js'
import type { Row, Rows } from './verdict.js'

export interface DataplaneResult {
  readonly bench: 'dataplane'
  readonly date: string
  readonly machine: string
  readonly path: string
  /** length of a trial */
  readonly seconds: number
  readonly rows: Rows
  readonly criteria: readonly Criterion[]
  readonly ok: boolean
  readonly verdict: string
}

/** The ways to carry datagrams, in words. */
export const LABELS: Record<keyof Rows, string> = {
  iperf3: 'iperf3 UDP, no relay',
  bare: 'the system calls alone, in C',
  mmsg: 'mmsg',
  offload: 'mmsg with segmentation offload at sender and relay, not packet by packet',
  dgram: 'dgram',
  socat: 'socat as the relay between dgram ends',
}

export const labelOf = ({ name }: Row): string => LABELS[name as keyof Rows]

/** One round: a session with every provider at once. */
export interface Round {
  readonly seconds: number
  readonly residentMb: number
  /** relative errors; sessions without a reading are left out */
  readonly errors: readonly number[]
}

export interface SessionsResult {
  readonly bench: 'dataplane-sessions'
  readonly date: string
  readonly machine: string
  readonly backend: string
  readonly sessions: number
  readonly claimKbps: number
  /** the rate that each provider truly forwards */
  readonly limitKbps: number
  readonly medianError: number
  readonly p95Error: number
  /** sessions without a reading */
  readonly missing: number
  /** of the receiver's process, in the second and in the last fifth of the time */
  readonly residentMb: { readonly early: number; readonly late: number }
  readonly rounds: readonly Round[]
  readonly ok: boolean
  readonly verdict: string
}
