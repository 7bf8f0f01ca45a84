/** The receipts of an exit have the form of a relay's. A tunnel has no tag of its own, so its session's id gives one. */
import { TAG_BYTES } from '../../proto/datagram.js'

export const exitTag = (sessionId: Uint8Array): Uint8Array => sessionId.subarray(0, TAG_BYTES)
