/** The results of `bench tunnel`, as in its JSON file. Rates in kbit/s of what the application reads, unless said. */
import type { Mode } from '../../../probe/tunnel/index.js'
import type { Criterion } from '../criteria.js'

export const FAULTS = ['kill', 'blackhole'] as const
export type Fault = (typeof FAULTS)[number]

/** One fault. Times in ms. */
export interface FaultReading {
  /** the longest time without a byte, of the times that touch the second after the fault */
  readonly gapMs: number
  /** the same in the second before */
  readonly gapBeforeMs: number
  /** bytes in the second after, as a share of what the living paths are granted */
  readonly share: number
  /** bytes in the second before, as a share of what all paths in use are granted; undefined in older files */
  readonly shareBefore?: number
  /** from the fault until the client left the leg; undefined if it did not, or if nobody tells */
  readonly leftMs: number | undefined
}

export interface FaultRow {
  readonly way: Mode | 'mptcp'
  readonly fault: Fault
  readonly rateKbps: number
  readonly readings: readonly FaultReading[]
  readonly wrongBytes: number
  readonly isSameHash: boolean
  /** legs that died though nobody hit them */
  readonly otherDeaths: number
  readonly seconds: number
}

export interface RateRow {
  readonly what: 'one leg' | 'two legs' | 'shadowsocks' | 'ssh' | 'mptcp'
  /** of each path; undefined for no limit */
  readonly pathKbps: number | undefined
  readonly lossPercent: number
  /** of the other programs' TCP; undefined for the tunnel */
  readonly congestion: string | undefined
  readonly rateKbps: number
  readonly wrongBytes: number
}

export interface UptimeRow {
  readonly legs: number
  readonly seconds: number
  readonly deaths: number
  /** legs that the client left though nobody hit them */
  readonly others: number
  /** share of the intervals of 100 ms in which bytes came */
  readonly up: number
  readonly longestMs: number
  readonly wrongBytes: number
}

export interface TunnelResult {
  readonly bench: 'tunnel'
  readonly date: string
  readonly machine: string
  readonly commit: string
  readonly seed: string
  readonly delayBy: string
  readonly faults: readonly FaultRow[]
  readonly rates: readonly RateRow[]
  readonly uptimes: readonly UptimeRow[]
  /** what was left out, and why */
  readonly notes: readonly string[]
  readonly criteria: readonly Criterion[]
  readonly ok: boolean
  readonly verdict: string
}
