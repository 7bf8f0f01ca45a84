/** The agreement between the receiver and the process of all others. */

export interface OthersOptions {
  readonly receiverPeerId: string
  readonly providers: number
  readonly claimKbps: number
  /** the rate that each provider truly forwards */
  readonly limitKbps: number
}

/** Peer ids. */
export interface Others {
  readonly senders: readonly string[]
}
