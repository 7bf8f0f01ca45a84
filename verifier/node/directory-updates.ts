/** Keeps the directory and the connections to other verifiers up to date with the announcements on the chain. */
import type { Admission } from '../net/admission.js'
import { dropDeafPeers } from '../net/deaf-peers.js'
import type { DialBook } from '../net/dial-book.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { logFailure } from './failures.js'
import { repeat } from './waiting.js'

/** How often the node reads announcements, so that it finds a node that came back elsewhere. */
const DIRECTORY_MS = 2000

/** Where other verifiers are, and what follows from it. */
export interface Neighbourhood {
  readonly directory: Directory
  readonly dialBook: DialBook
  readonly admission: Pick<Admission, 'know'>
}

export async function refreshDirectory({ directory, dialBook, admission }: Neighbourhood): Promise<void> {
  await directory.refresh()
  const verifiers = directory.verifiers()
  admission.know(verifiers)
  dialBook.update(verifiers)
}

/** Until the node stops. @throws AbortError then */
export function keepDirectory(context: VerifierContext, neighbourhood: Neighbourhood): Promise<never> {
  const step = async () => {
    await dropDeafPeers(context.peer, context.log, Date.now()) // libp2p dates connections by this clock
    await refreshDirectory(neighbourhood).catch(error => logFailure(context, error, 'could not read announcements'))
  }
  return repeat(step, DIRECTORY_MS, context.stopping)
}
