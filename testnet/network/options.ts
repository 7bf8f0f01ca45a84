import type { MixEntry } from './parse-mix.js'

export interface TestnetOptions {
  readonly verifiers: readonly MixEntry[]
  readonly providers: readonly MixEntry[]
  /** Undefined: until interrupted. */
  readonly epochs: number | undefined
  readonly claimKbps: number
  /** What every verifier registers that it can take at once; undefined for more than any claim needs. */
  readonly capacityKbps: number | undefined
  /** Whether every session is a soak. */
  readonly soaks: boolean
  readonly seed: string
  /** Kept after the run; undefined for a temporary one. */
  readonly dataDir: string | undefined
  /** Of the first verifier's API; undefined for the usual one unless that is taken. */
  readonly apiPort: number | undefined
  /** Keep a temporary data directory too. */
  readonly keep: boolean
}
