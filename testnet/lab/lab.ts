/** What a lab does, whichever way its path is made. Rates in kbit/s at the IP layer. */
import type { Curve } from './curve.js'
import type { PathSettings } from './path.js'
import type { SessionReading } from './session.js'

/** One cell of a grid. */
export interface Cell extends PathSettings {
  /** of the provider's link */
  readonly rateKbps: number
}

/**
 * What the provider claims in a cell: a tenth above what its link carries. At the link's own rate min(…, claim) would cut
 * off every reading that is too high; a tenth above it no reading that counts as accurate is cut off, and the senders
 * have not much more to offer than they would for an honest claim.
 */
export const CLAIM_FACTOR = 1.1

export const claimOf = ({ rateKbps }: Cell): number => Math.round(CLAIM_FACTOR * rateKbps)

export interface Calibration {
  /** what the provider's link lets through when it is offered more */
  readonly linkKbps: number
  /** what of that comes out at the receiver, loss on purpose made up for */
  readonly arrivedKbps: number
}

/** A session, and what the path itself counted meanwhile. */
export interface MeasuredSession {
  readonly reading: SessionReading
  /** bytes past the provider's link */
  readonly link: Curve
  /** share of packets that the path behind the link lost on purpose */
  readonly lostShare: number
  /** datagrams that the provider's and the receiver's sockets had no room for; undefined where nobody counts them */
  readonly overruns: { readonly provider: number; readonly receiver: number } | undefined
}

/** A flow through the provider's link by another tool. */
export interface ToolFlow {
  /** what the tool says, at the IP layer */
  readonly readingKbps: number
  readonly bytes: number
  readonly seconds: number
  readonly link: Curve
}

/** What iperf3 is asked for. */
export interface ToolRequest {
  readonly protocol: 'udp' | 'tcp'
  readonly seconds: number
  /** the rest of its command line */
  readonly options: readonly string[]
}

export interface Lab {
  readonly kind: 'namespaces' | 'in-process'
  /** one line for the person who started it */
  readonly description: string
  /** Sets up the path for all that follows. */
  shape(cell: Cell): Promise<void>
  calibrate(): Promise<Calibration>
  measure(): Promise<MeasuredSession>
  /** undefined where iperf3 cannot run */
  readonly iperf3: ((request: ToolRequest) => Promise<ToolFlow>) | undefined
  close(): Promise<void>
}
