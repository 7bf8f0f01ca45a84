/** A node of either kind together with its HTTP API. */
import type { Logger } from 'pino'
import { type Routes, serveApi } from './server.js'

export interface ApiOptions {
  readonly apiHost: string
  readonly apiPort: number
  readonly logger: Logger
}

/** A node that is up. Its starter stops it. */
export interface RunningNode {
  readonly role: 'verifier' | 'provider'
  readonly account: `0x${string}`
  readonly index: number
  readonly peerId: string
  readonly apiUrl: string
  /** Rejects when the node cannot go on; never resolves. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Serves a node's API. Stops the node if that fails. */
export async function withApi(
  node: Omit<RunningNode, 'apiUrl'>,
  { apiHost, apiPort, logger }: ApiOptions,
  routes: Routes,
): Promise<RunningNode> {
  const { role, account, index, peerId, failed } = node
  try {
    const api = await serveApi({ host: apiHost, port: apiPort, logger }, routes)
    const stop = async () => {
      await api.close()
      await node.stop()
    }
    return { role, account, index, peerId, apiUrl: api.url, failed, stop }
  } catch (error) {
    await node.stop()
    throw error
  }
}
