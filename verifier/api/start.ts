/** A node together with its HTTP API: what the command line and the testnet start. */
import { type ProviderOptions, startProviderNode } from '../provider-node.js'
import { startVerifierNode, type VerifierOptions } from '../verifier-node.js'
import { type ApiServer, serveApi } from './server.js'
import { verifierRoutes } from './verifier-routes.js'

export interface ApiOptions {
  readonly apiHost: string
  readonly apiPort: number
}

/** A node that is up. Whoever started it stops it. */
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

export async function startVerifier(options: VerifierOptions & ApiOptions): Promise<RunningNode> {
  const node = await startVerifierNode(options)
  return withApi(node, () =>
    serveApi({ host: options.apiHost, port: options.apiPort }, app => verifierRoutes(app, node)),
  )
}

export async function startProvider(options: ProviderOptions & ApiOptions): Promise<RunningNode> {
  const node = await startProviderNode(options)
  return withApi(node, () =>
    serveApi({ host: options.apiHost, port: options.apiPort }, app => {
      const { role, account, index, peerId, relay } = node
      app.get('/v1/status', async () => ({
        role,
        account,
        index,
        peerId,
        pid: process.pid,
        udp: relay.facts,
        relay: relay.stats,
      }))
    }),
  )
}

async function withApi(node: Omit<RunningNode, 'apiUrl'>, serve: () => Promise<ApiServer>): Promise<RunningNode> {
  let api: ApiServer
  try {
    api = await serve()
  } catch (error) {
    await node.stop()
    throw error
  }
  const { role, account, index, peerId, failed } = node
  const stop = async () => {
    await api.close()
    await node.stop()
  }
  return { role, account, index, peerId, apiUrl: api.url, failed, stop }
}
