/** Keeps the directory and the connections to other verifiers up to date with the announcements on the chain. */
import { dropDeafPeers } from '../net/deaf-peers.js'
import type { DialBook } from '../net/dial-book.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { logFailure } from './failures.js'
import { repeat } from './waiting.js'

/** How often the node reads announcements, so that it finds a node that came back elsewhere. */
const DIRECTORY_MS = 2000

export async function refreshDirectory(directory: Directory, dialBook: DialBook): Promise<void> {
  await directory.refresh()
  dialBook.update(directory.verifiers())
}

/** Until the node stops. @throws AbortError then */
export function keepDirectory(context: VerifierContext, directory: Directory, dialBook: DialBook): Promise<never> {
  const step = async () => {
    await dropDeafPeers(context.peer, context.log, Date.now()) // libp2p dates connections by this clock
    await refreshDirectory(directory, dialBook).catch(error =>
      logFailure(context, error, 'could not read announcements'),
    )
  }
  return repeat(step, DIRECTORY_MS, context.stopping)
}
