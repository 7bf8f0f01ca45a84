export type MessageErrorCode = 'too-large' | 'malformed' | 'not-canonical' | 'wrong-size'

/** A message that a node cannot accept. The peer is at fault, so the node never stops because of it. */
export class MessageError extends Error {
  constructor(
    readonly code: MessageErrorCode,
    readonly type: string,
    detail: string,
  ) {
    super(`${type}: ${detail}`)
    this.name = 'MessageError'
  }
}
