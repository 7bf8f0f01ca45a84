/** A node of any kind together with its HTTP API. */
import type { Logger } from 'pino'
import { type Routes, serveApi } from './server.js'

export interface ApiOptions {
  readonly apiHost: string
  readonly apiPort: number
  readonly logger: Logger
}

/** What a node tells of itself once it is up. */
export interface NodeFacts {
  readonly role: 'verifier' | 'provider' | 'exit' | 'client'
  readonly account: `0x${string}`
  /** of a verifier or provider: its registry index */
  readonly index?: number
  /** of a verifier or provider */
  readonly peerId?: string
  /** of a client: where applications connect, as URLs */
  readonly proxies?: readonly string[]
}

/** A node that is up. Its starter stops it. */
export interface RunningNode {
  readonly facts: NodeFacts
  readonly apiUrl: string
  /** Rejects when the node cannot go on; never resolves. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Of a verifier or provider. */
export const factsOf = ({ role, account, index, peerId }: Required<Omit<NodeFacts, 'proxies'>>): NodeFacts => ({
  ...{ role, account, index, peerId },
})

/** Serves a node's API. Stops the node if that fails. */
export async function withApi(
  node: Omit<RunningNode, 'apiUrl'>,
  { apiHost, apiPort, logger }: ApiOptions,
  routes: Routes,
): Promise<RunningNode> {
  const { facts, failed } = node
  try {
    const api = await serveApi({ host: apiHost, port: apiPort, logger }, routes)
    const stop = async () => {
      await api.close()
      await node.stop()
    }
    return { facts, apiUrl: api.url, failed, stop }
  } catch (error) {
    await node.stop()
    throw error
  }
}
