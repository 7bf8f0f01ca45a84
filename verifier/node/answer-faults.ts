/** What is wrong with an answer over sync, and with a question. */
import { GossipItem, MessageError, Transcript } from '../../proto/messages.js'
import { StreamError } from '../net/framed-stream.js'
import { WrongAnswer } from '../net/sync.js'

/** Of whatever honest peers hold. */
const LARGEST_ITEM_BYTES = Math.max(GossipItem.maxBytes, Transcript.maxBytes)

/** Too much was asked of this node. */
export class BusyError extends Error {
  /** of the HTTP API */
  readonly statusCode = 429

  constructor() {
    super('This verifier fetches too many transcripts at present. Try again later, or ask another verifier.')
    this.name = 'BusyError'
  }
}

/** Messages that this node holds wrong. An honest peer that sees another B(e) than this node may hold them right. */
export class DisputedAnswer extends Error {
  override readonly name = 'DisputedAnswer'
}

/**
 * The rule that a peer broke by its answer; undefined if an honest peer may answer so. Before a reorganisation, a ballot may
 * have had more votes than this node takes.
 */
export function offenceOf(error: unknown): 'answer' | 'disputed' | undefined {
  if (error instanceof DisputedAnswer) return 'disputed'
  const isTooLarge = error instanceof StreamError && error.bytes > LARGEST_ITEM_BYTES
  return isTooLarge || error instanceof WrongAnswer || error instanceof MessageError ? 'answer' : undefined
}
