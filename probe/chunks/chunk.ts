/** What a receiver keeps of one chunk. */
export interface Chunk {
  readonly index: number
  /** bit i: the chunk's i-th datagram arrived; 52 bits, so exact in a number */
  readonly bitmap: number
  readonly count: number
  readonly hash: Uint8Array
  /** of each of the 52 datagrams: the masked send time, and the arrival in ms; 0 for a datagram that did not arrive */
  readonly maskedTimes: Uint32Array
  readonly arrivals: Float64Array
}
