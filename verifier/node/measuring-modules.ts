/** The parts of a node that measuring uses. */
import type { Receiver, TokenSource } from '../../probe/index.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import type { OwnUdp } from './own-address.js'
import type { SessionCounts } from './session-counts.js'

export interface MeasuringModules {
  readonly context: VerifierContext
  readonly directory: Directory
  readonly receiver: Receiver
  readonly udp: OwnUdp
  readonly tokens: TokenSource
  /** of the whole life of the node */
  readonly sessions: SessionCounts
}
