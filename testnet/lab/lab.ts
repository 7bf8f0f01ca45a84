/** What every lab can do, however its path is made. Rates in kbit/s at the IP layer. */
import type { Curve } from './curve.js'
import type { PathSettings } from './path.js'
import type { SessionReading } from './session.js'

/** One cell of a grid. */
export interface Cell extends PathSettings {
  /** of the provider's link */
  readonly rateKbps: number
}

/**
 * The provider's claim in a cell is a tenth above the rate of its link. If the claim were the link's own rate, min(…, claim)
 * would cut off every reading that is too high. A tenth above cuts off no reading that counts as accurate, and the senders
 * offer little more than for an honest claim.
 */
export const CLAIM_FACTOR = 1.1

export const claimOf = ({ rateKbps }: Cell): number => Math.round(CLAIM_FACTOR * rateKbps)

export interface Calibration {
  /** the rate that the provider's link lets through when more is offered */
  readonly linkKbps: number
  /** the rate that arrives at the receiver, corrected for deliberate loss */
  readonly arrivedKbps: number
}

/** A session, and the counters of the path meanwhile. */
export interface MeasuredSession {
  readonly reading: SessionReading
  /** bytes past the provider's link */
  readonly link: Curve
  /** share of packets that the path behind the link lost deliberately */
  readonly lostShare: number
  /** datagrams for which the provider's and the receiver's sockets had no room; undefined if nobody counts them */
  readonly overruns: { readonly provider: number; readonly receiver: number } | undefined
}

/** A flow through the provider's link by another tool. */
export interface ToolFlow {
  /** the tool's own reading, at the IP layer */
  readonly readingKbps: number
  readonly bytes: number
  readonly seconds: number
  readonly link: Curve
}

/** The flow that iperf3 is asked for. */
export interface ToolRequest {
  readonly protocol: 'udp' | 'tcp'
  readonly seconds: number
  /** the rest of its command line */
  readonly options: readonly string[]
}

export interface Lab {
  readonly kind: 'namespaces' | 'in-process'
  /** one line for the person who started the lab */
  readonly description: string
  /** Sets up the path for all that follows. */
  shape(cell: Cell): Promise<void>
  calibrate(): Promise<Calibration>
  measure(): Promise<MeasuredSession>
  /** undefined if iperf3 cannot run */
  readonly iperf3: ((request: ToolRequest) => Promise<ToolFlow>) | undefined
  close(): Promise<void>
}
