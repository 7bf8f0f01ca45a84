/** Runs a node in the foreground: announces it on standard output, and stops it on a signal or when it fails. */
import type { RunningNode } from '../api/running-node.js'
import { aborted, isAbort } from '../node/waiting.js'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves once a signal has stopped the node.
 * @param start ends its waits when the signal aborts, since a chain that does not answer may keep it waiting
 * @throws the error that the node failed with
 */
export async function runNode(start: (givenUp: AbortSignal) => Promise<RunningNode>): Promise<void> {
  // Registered before the node starts, so that a signal during the start ends the start.
  const stop = new AbortController()
  const stopped = aborted(stop.signal)
  for (const signal of STOP_SIGNALS) process.on(signal, () => stop.abort())
  const node = await start(stop.signal).catch(error => {
    if (stop.signal.aborted && isAbort(error)) return undefined
    throw error
  })
  if (node === undefined) return
  try {
    const { role, account, index, peerId, apiUrl } = node
    process.stdout.removeAllListeners('error').on('error', () => undefined) // nobody may be there to read the line
    process.stdout.write(
      `${JSON.stringify({ event: 'ready', role, account, index, peerId, apiUrl, pid: process.pid })}\n`,
    )
    await Promise.race([stopped, node.failed])
  } finally {
    await node.stop()
  }
}
