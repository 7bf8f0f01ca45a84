/** The messages between the bench and the processes that run its sessions. */
import type { JusticeRow } from './result.js'

export interface Job {
  readonly cell: string
  readonly seed: number
  readonly claimKbps: number
}

export type WorkerAnswer =
  | { readonly ready: true }
  | { readonly job: Job; readonly row: JusticeRow }
  | { readonly job: Job; readonly failure: string }
