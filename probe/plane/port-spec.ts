/** The UDP port that an object of the data plane opens for itself. */
import type { Backend } from '../io/datagram-port.js'
import type { ClockAnchor } from './clock.js'

export interface PortSpec {
  readonly host: string
  readonly port: number
  /** to insist on one (default: the best available) */
  readonly backend?: Backend | undefined
  readonly clock: ClockAnchor
}
