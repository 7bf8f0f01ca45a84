/** The part of a flow that is the sender's beyond doubt. */

/**
 * When each datagram was sent, on the sender's clock, and when it arrived, on the receiver's. The two lists run in
 * parallel.
 */
export interface Transits {
  readonly sentMs: readonly number[]
  readonly arrivedMs: readonly number[]
}

export interface Verified {
  /** datagrams in chunks that match the sender's revealed key */
  readonly datagrams: number
  /** highest sequence number among these datagrams, from the run's start, or −1 */
  readonly highest: number
  readonly jitterUs: number
  /** of these datagrams, or of an even selection if there are very many */
  readonly transits: Transits
}
