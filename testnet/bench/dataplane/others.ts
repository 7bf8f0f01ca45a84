/** What the receiver and the process of all others agree on. */

export interface OthersOptions {
  readonly receiverPeerId: string
  readonly providers: number
  readonly claimKbps: number
  /** what each provider truly forwards */
  readonly limitKbps: number
}

/** Peer ids. */
export interface Others {
  readonly senders: readonly string[]
  readonly providers: readonly string[]
}
