/** A node in the foreground: started, announced on standard output, stopped by a signal or by its own failure. */
import type { RunningNode } from '../api/running-node.js'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Resolves once a signal has stopped the node. @throws what the node failed with */
export async function runNode(start: () => Promise<RunningNode>): Promise<void> {
  // Before the node starts: a signal that comes meanwhile stops it as soon as it is up.
  const stopped = new Promise<void>(resolve => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve())
  })
  const node = await start()
  try {
    const { role, account, index, peerId, apiUrl } = node
    process.stdout.write(
      `${JSON.stringify({ event: 'ready', role, account, index, peerId, apiUrl, pid: process.pid })}\n`,
    )
    await Promise.race([stopped, node.failed])
  } finally {
    await node.stop()
  }
}
