/** Runs a node in the foreground: announces it on standard output, and stops it on a signal or when it fails. */
import type { RunningNode } from '../api/running-node.js'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Resolves once a signal has stopped the node. @throws the error that the node failed with */
export async function runNode(start: () => Promise<RunningNode>): Promise<void> {
  // Registered before the node starts, so that a signal during the start stops the node as soon as it is up.
  const stopped = new Promise<void>(resolve => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve())
  })
  const node = await start()
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
