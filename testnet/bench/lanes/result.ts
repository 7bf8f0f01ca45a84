/** The results of `bench lanes`, as in its JSON file. */
import type { Criterion } from '../criteria.js'
import type { Mix, Paying } from './plan.js'
import type { Carried, Counted, Reading } from './role-messages.js'

export interface ClassRow extends Carried {
  readonly users: number
}

export interface MixRow {
  readonly mix: Mix
  readonly seconds: number
  readonly linkKbps: number
  readonly classes: Readonly<Record<Paying, ClassRow>>
  readonly readings: readonly Reading[]
  readonly counted: Counted
}

export interface LanesResult {
  readonly bench: 'lanes'
  readonly date: string
  readonly machine: string
  readonly commit: string
  readonly seed: string
  readonly rows: readonly MixRow[]
  readonly criteria: readonly Criterion[]
  readonly ok: boolean
  readonly verdict: string
}
