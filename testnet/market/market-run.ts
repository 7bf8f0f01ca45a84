/** The market of a run: exits and clients as processes of their own, the traffic of the clients, and what came of it. */
import { mkdir } from 'node:fs/promises'
import { type ClientStatus, clientStatusSchema } from '../../market/client/status.js'
import { accountOf } from '../../verifier/chain/account.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { initNode } from '../../verifier/cli/init.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { run } from '../process/commands.js'
import { entryPoint } from '../process/entry-point.js'
import { type NodeProcess, startNode } from '../process/spawn.js'
import type { Watchdog } from '../process/watchdog.js'
import { CHEATING_CLIENTS } from './cheating-clients.js'
import type { ClientRecord } from './client-result.js'
import { freePort } from './free-port.js'
import { newExit, type OfferingAccount, PRICE, postOffer } from './offering.js'
import type { PlannedClient, PlannedExit } from './plan.js'
import { type Settled, untilSettled } from './settling.js'
import { socksGet } from './socks-get.js'
import { startWebServer, type WebServer } from './web-server.js'

export interface MarketOptions {
  readonly network: NetworkFile
  readonly networkFile: string
  readonly rpcUrl: string
  readonly seed: string
  readonly exits: readonly PlannedExit[]
  readonly clients: readonly PlannedClient[]
  /** The first ones run the exits as well. */
  readonly providers: readonly OfferingAccount[]
  readonly watchdog: Watchdog
  readonly chain: EthersChain
  /** of every provider */
  readonly claimKbps: number
  /** Called once, when a client has a third of its page. */
  readonly onMiddle: () => void
}

const BANDWITNESS = entryPoint(import.meta.url, '../../verifier/cli/bandwitness.js')
const READY_MS = 120_000
const PAGE_BYTES = 100_000_000
const LOAD_MS = 600_000
/** Many times the thaw of a test network. */
const SETTLE_MS = 120_000
const COMMAND_MS = 60_000

export class MarketRun {
  readonly #options: MarketOptions
  readonly #web: WebServer
  readonly #processes: NodeProcess[] = []
  #isMiddle = false

  private constructor(options: MarketOptions, web: WebServer) {
    this.#options = options
    this.#web = web
  }

  /** Resolves once the exits run and every provider has offered. @throws NodeStartError */
  static async start(options: MarketOptions): Promise<MarketRun> {
    const market = new MarketRun(options, await startWebServer(PAGE_BYTES, options.seed))
    try {
      await market.#startExits()
      return market
    } catch (error) {
      await market.stop()
      throw error
    }
  }

  /** All clients do what their profiles say. Resolves once they are done, with what they have seen. */
  traffic(): Promise<ClientRecord[]> {
    return Promise.all(
      this.#options.clients.map(client =>
        this.#serve(client).catch((error: Error): ClientRecord => ({ client, fault: error.message })),
      ),
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map(one => one.stop()))
    await this.#web.close()
  }

  async #startExits(): Promise<void> {
    const { exits, providers, network, rpcUrl } = this.#options
    const ports = await Promise.all(exits.map(({ host }) => freePort(host)))
    await Promise.all(
      providers.map(async (provider, i) => {
        const planned = exits[i]
        const exit = planned && (await newExit(provider.dataDir, `${planned.host}:${ports[i]}`))
        await postOffer(network, rpcUrl, provider, exit)
        if (planned !== undefined) await this.#startExit(planned, provider, ports[i]!)
      }),
    )
  }

  async #startExit({ name, log, host }: PlannedExit, { dataDir }: OfferingAccount, port: number): Promise<void> {
    const argv = [
      ...[...BANDWITNESS, 'exit', 'run', '--data-dir', dataDir, ...this.#chainFlags],
      ...['--udp-host', host, '--udp-port', `${port}`, '--api', '127.0.0.1:0'],
      ...['--allow', `${this.#web.url.hostname}/32:${this.#web.url.port}`],
    ]
    await this.#start(name, argv, log)
  }

  #serve(client: PlannedClient): Promise<ClientRecord> {
    const { network, claimKbps } = this.#options
    const cheat = CHEATING_CLIENTS[client.profile]
    if (cheat === undefined) return this.#load(client)
    return cheat(client, {
      ...{ params: network.params, claimKbps, chainFlags: this.#chainFlags, page: this.#web.url },
      init,
      settle: one => this.#settle(one),
    })
  }

  async #load(client: PlannedClient): Promise<ClientRecord> {
    const { dataDir, name, log, host } = client
    await init(client)
    const argv = [
      ...[...BANDWITNESS, 'client', 'run', '--data-dir', dataDir, ...this.#chainFlags],
      ...['--udp-host', host, '--socks', '127.0.0.1:0', '--http', '127.0.0.1:0', '--api', '127.0.0.1:0'],
      ...['--max-price', '0.05', '--deposit', '1'],
    ]
    const node = await this.#start(name, argv, log)
    const { apiUrl, proxies = [] } = await node.ready
    const loaded = await this.#loadPage(Number(new URL(proxies[0]!).port))
    const status = await statusOf(apiUrl!)
    await node.stop()
    const settled = await this.#settle(client)
    return { client, loaded, isWhole: loaded.sha256 === this.#web.sha256, status, settled, price: PRICE }
  }

  /** @returns with the longest time in which nothing came */
  async #loadPage(proxyPort: number) {
    let heardMs: number | undefined
    let longestGapMs = 0
    const startMs = performance.now()
    const loading = socksGet(proxyPort, this.#web.url, bytes => {
      const nowMs = performance.now()
      longestGapMs = Math.max(longestGapMs, nowMs - (heardMs ?? nowMs))
      heardMs = nowMs
      if (this.#isMiddle || bytes < PAGE_BYTES / 3) return
      this.#isMiddle = true
      this.#options.onMiddle()
    })
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`the page had not come after ${LOAD_MS / 1000} s`)), LOAD_MS).unref()
    })
    const page = await Promise.race([loading, late])
    return { ...page, longestGapMs: Math.round(longestGapMs), seconds: (performance.now() - startMs) / 1000 }
  }

  /** Closes all channels of a client. */
  #settle({ dataDir, keys }: PlannedClient): Promise<Settled> {
    const close = () =>
      run([...BANDWITNESS, 'client', 'close', '--data-dir', dataDir, ...this.#chainFlags, '--json'], COMMAND_MS)
    return untilSettled(this.#options.chain, accountOf(keys.evm), close, performance.now() + SETTLE_MS)
  }

  async #start(name: string, argv: readonly string[], logPath: string): Promise<NodeProcess> {
    const node = startNode({ name, argv, logPath, readyTimeoutMs: READY_MS }, this.#options.watchdog)
    this.#processes.push(node)
    await node.ready
    return node
  }

  get #chainFlags(): string[] {
    return ['--network', this.#options.networkFile, '--rpc', this.#options.rpcUrl]
  }
}

async function init({ dataDir, keys }: PlannedClient): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  await initNode('client', dataDir, keys)
}

async function statusOf(apiUrl: string): Promise<ClientStatus> {
  const response = await fetch(`${apiUrl}/v1/status`)
  return clientStatusSchema.parse(await response.json())
}
