/** What of one flow of datagrams is its sender's beyond doubt. */
/** A flow's datagrams, one place each: when they were sent, on the sender's clock, and when they came. */
export interface Transits {
  readonly sentMs: readonly number[]
  readonly arrivedMs: readonly number[]
}

export interface Verified {
  /** datagrams in chunks that are what the sender committed to */
  readonly datagrams: number
  readonly jitterUs: number
  /** of these datagrams, evenly picked where they are very many */
  readonly transits: Transits
}
