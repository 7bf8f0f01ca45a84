import type { ClientProfile } from '../market/client-profiles.js'
import type { MixEntry } from './parse-mix.js'

export interface TestnetOptions {
  readonly verifiers: readonly MixEntry[]
  readonly providers: readonly MixEntry[]
  /** undefined: until interrupted */
  readonly epochs: number | undefined
  readonly claimKbps: number
  /** The capacity that every verifier registers; undefined for more than any claim needs. */
  readonly capacityKbps: number | undefined
  /** Whether every session is a soak. */
  readonly soaks: boolean
  /** Exits, run by the first providers; none without clients. */
  readonly exits: number
  readonly clients: readonly ClientProfile[]
  /** Strangers that attack the first honest provider. */
  readonly strangers: number
  readonly seed: string
  /** Kept after the run; undefined for a temporary directory. */
  readonly dataDir: string | undefined
  /** Of the first verifier's API; undefined for the usual port, or any free port if that is taken. */
  readonly apiPort: number | undefined
  /** Go on after the epochs until interrupted, let others join, and keep a temporary data directory as well. */
  readonly keep: boolean
}
