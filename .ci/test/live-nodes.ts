/** Two verifiers, a provider and its exit that run, on a real chain, in this process. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { makeIdentity } from '../../market/exit/identity.js'
import { startExit } from '../../market/exit/start.js'
import { startProvider } from '../../market/provider/start.js'
import type { RunningNode } from '../../verifier/api/running-node.js'
import { startVerifier } from '../../verifier/api/start.js'
import { LiveNetwork } from '../../verifier/chain/test/live-network.js'
import { Store } from '../../verifier/store/store.js'

const HOST = '127.0.0.1'

export class LiveNodes {
  private constructor(
    private readonly network: LiveNetwork,
    private readonly dir: string,
    readonly verifier: RunningNode,
    /** another verifier of the same network */
    readonly other: RunningNode,
    readonly provider: RunningNode,
    readonly exit: RunningNode,
  ) {}

  static async start(): Promise<LiveNodes> {
    const dir = await mkdtemp(join(tmpdir(), 'bandwitness-metrics-'))
    const network = await LiveNetwork.start()
    const optionsOf = async (name: string) => {
      const dataDir = join(dir, name)
      await mkdir(dataDir)
      return {
        ...{ dataDir, keys: network.keys[name]!, network: network.setup.network, rpcUrl: network.anvil.rpcUrl },
        ...{ listen: [`/ip4/${HOST}/tcp/0`], udpHost: HOST, udpPort: 0, apiHost: HOST, apiPort: 0 },
        logger: pino({ level: 'silent' }),
      }
    }
    const verifierOf = async (name: string) => {
      const options = await optionsOf(name)
      await (await Store.open(options.dataDir, { mode: 'create' })).close()
      return startVerifier(options)
    }
    const verifier = await verifierOf('v2')
    const other = await verifierOf('v3')
    const options = await optionsOf('p0')
    const provider = await startProvider(options)
    await makeIdentity(options.dataDir, randomBytes)
    const givenUp = new AbortController().signal
    const exit = await startExit({ ...options, host: HOST, port: 0, allowed: [], givenUp })
    return new LiveNodes(network, dir, verifier, other, provider, exit)
  }

  /** Starts the network's epochs. */
  async begin(): Promise<void> {
    await this.network.startEpochs()
  }

  async stop(): Promise<void> {
    for (const node of [this.exit, this.provider, this.other, this.verifier]) await node.stop()
    await this.network.stop()
    await rm(this.dir, { recursive: true })
  }
}

/** @throws Error for an answer that is no success */
export async function scrape({ apiUrl }: Pick<RunningNode, 'apiUrl'>): Promise<string> {
  const response = await fetch(`${apiUrl}/metrics`)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}
