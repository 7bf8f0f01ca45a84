/**
 * The one way to a chain: every request goes to the chain node that answered last, to the next one if that fails, and,
 * after a pause, to all of them again. A node of the network waits so for as long as it runs; a command gives up soon.
 */
import { setMaxListeners } from 'node:events'
import { isError, isHexString, type JsonRpcPayload, JsonRpcProvider, type JsonRpcResult, Network } from 'ethers'
import pRetry from 'p-retry'
import type { Logger } from 'pino'
import { shownUrl } from '../config/rpc-urls.js'
import { ChainHealth } from './chain-health.js'
import { hashOfHeader, type RawBlock } from './header-hash.js'
import { RpcCounts } from './rpc-counts.js'
import { type RpcAnswer, RpcFault } from './rpc-fault.js'
import { RpcUrl } from './rpc-url.js'

/** Pauses between rounds: they double from the first to the longest, each with up to as much again at random. */
const FIRST_PAUSE_MS = 200
/** Of a command. */
const LONGEST_PAUSE_MS = 10_000
/** Rounds of a command after the first, in about four seconds. */
const RETRIES = 4

const NEWEST_BLOCK: JsonRpcPayload = {
  jsonrpc: '2.0',
  id: 0,
  method: 'eth_getBlockByNumber',
  params: ['latest', false],
}

/** How a node waits for its chain. */
export interface Patience {
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** ends every wait */
  readonly stopping: AbortSignal
  /** age of a newest block above which a chain node counts as one that lags behind, if another one does not */
  readonly staleMs: number
  readonly longestPauseMs: number
}

export class RpcProvider extends JsonRpcProvider {
  readonly health: ChainHealth
  readonly counts = new RpcCounts()
  readonly #urls: readonly RpcUrl[]
  readonly #closed = new AbortController()
  /** the URL that answered last */
  #current = 0
  /** an empty answer to a call means that a chain node lost the contracts: they were there */
  #areContractsKnown = false
  /** not on a chain of another kind, where a block's hash stands for other fields */
  #areHashesKnown = false

  /** No batches and no cache: the next block may outdate an answer, and a delayed request costs time that an epoch lacks. */
  constructor(
    urls: readonly string[],
    readonly chainId: number,
    private readonly patience?: Patience,
  ) {
    const chain = Network.from(chainId)
    super(shownUrl(urls[0]!), chain, { staticNetwork: chain, batchMaxCount: 1, cacheTimeout: -1 })
    this.health = new ChainHealth(patience?.log)
    this.#urls = urls.map(url => new RpcUrl(url, chainId))
    setMaxListeners(0, this.#closed.signal) // every request listens
    patience?.stopping.addEventListener('abort', this.#stop)
    if (patience?.stopping.aborted) this.#stop()
  }

  /** Aborts when the connection is closed, or the node stops. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Of a node; undefined in a command. */
  get log(): Patience['log'] | undefined {
    return this.patience?.log
  }

  /**
   * The first chain node that answers for another chain. Those that do not answer are asked before they are used. From the
   * newest block of any of them, this process learns whether the chain hashes its blocks as Ethereum does.
   */
  async misleading(): Promise<{ readonly url: string; readonly chainId: number } | undefined> {
    const found = await Promise.all(
      this.#urls.map(async url => {
        try {
          const chainId = await url.otherChain(this.#closed.signal)
          if (chainId !== undefined) return [{ url: url.shown, chainId }]
          const newest = await url.ask(NEWEST_BLOCK, this.#closed.signal)
          if ('result' in newest && hashOfHeader(newest.result) === newest.result.hash) this.#areHashesKnown = true
        } catch {
          // it is down
        }
        return []
      }),
    )
    return found.flat()[0]
  }

  /** From now on the contracts have been seen on the chain. */
  contractsAreThere(): void {
    this.#areContractsKnown = true
  }

  /** The chain node that answered last, as a person may see it. */
  get answering(): string {
    return this.#urls[this.#current]!.shown
  }

  /**
   * Does work again if a chain node fails half-way, contradicts itself or answers what cannot be read: then another one is
   * asked first. @param signal ends the wait. @throws RpcFault in a command; the reason of the signal
   */
  patiently<T>(asked: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const attempt = async () => {
      try {
        return await work()
      } catch (thrown) {
        const error = isError(thrown, 'BAD_DATA')
          ? new RpcFault(`${this.answering} gives an answer that nobody can read`)
          : thrown
        if (error instanceof RpcFault) this.#current = (this.#current + 1) % this.#urls.length
        throw error
      }
    }
    return this.#retrying(asked, attempt, 0, signal)
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const request = atHash(payload as JsonRpcPayload) // there are no batches
    return [(await this.#retrying(request.method, () => this.#round(request), RETRIES)) as JsonRpcResult]
  }

  override destroy(): void {
    this.#stop()
    super.destroy()
  }

  readonly #stop = (): void => {
    this.patience?.stopping.removeEventListener('abort', this.#stop)
    this.#closed.abort()
  }

  async #retrying<T>(asked: string, work: () => Promise<T>, retries: number, signal?: AbortSignal): Promise<T> {
    const closed = this.#closed.signal
    const answer = await pRetry(work, {
      retries: this.patience === undefined ? retries : Number.POSITIVE_INFINITY,
      ...{ minTimeout: FIRST_PAUSE_MS, maxTimeout: this.patience?.longestPauseMs ?? LONGEST_PAUSE_MS },
      ...{ factor: 2, randomize: true },
      signal: signal === undefined ? closed : AbortSignal.any([closed, signal]),
      // The log reader asks for fewer blocks at once, and whoever reads old state may give up: nobody else can do either.
      shouldRetry: ({ error, attemptNumber }) =>
        error instanceof RpcFault &&
        !(error.mayBeSize && asked === 'eth_getLogs') &&
        !(error.mayBeState && asked === 'eth_call' && attemptNumber > RETRIES),
      onFailedAttempt: ({ error }) => {
        if (error instanceof RpcFault) this.health.failed(asked, error.message)
      },
    }).catch(error => {
      if (signal?.aborted) this.health.gaveUp(asked)
      throw error
    })
    this.health.answered(asked)
    return answer
  }

  /** Asks each chain node once, until one answers. @throws RpcFault of the last */
  async #round(payload: JsonRpcPayload): Promise<RpcAnswer> {
    const { length } = this.#urls
    const first = this.#current
    let stale: RpcAnswer | undefined
    let fault: unknown
    for (let i = 0; i < length; i++) {
      const at = (first + i) % length
      try {
        const answer = await this.counts.count(payload.method, () => this.#ask(payload, at))
        if (this.#isStale(payload, answer, at)) {
          stale ??= answer
          continue
        }
        if (i > 0) this.#current = at // else it may have been left for another one meanwhile
        return answer
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error
        fault = error
      }
    }
    if (stale !== undefined) return stale
    throw fault
  }

  /** @throws RpcFault also for an answer that is empty or forged */
  async #ask(payload: JsonRpcPayload, at: number): Promise<RpcAnswer> {
    const answer = await this.#urls[at]!.ask(payload, this.#closed.signal)
    this.#refuseEmpty(payload, answer, at)
    this.#refuseForged(payload, answer, at)
    return answer
  }

  #refuseEmpty({ method, params }: JsonRpcPayload, answer: RpcAnswer, at: number): void {
    const [call] = params as readonly { readonly from?: string }[]
    const isRead = method === 'eth_call' && call?.from === undefined
    if (isRead && this.#areContractsKnown && 'result' in answer && answer.result === '0x') {
      throw new RpcFault(`${this.#urls[at]!.shown} has no contract where there was one`)
    }
  }

  #refuseForged({ method }: JsonRpcPayload, answer: RpcAnswer, at: number): void {
    if (!/^eth_getBlockBy/.test(method) || !('result' in answer) || answer.result === null) return
    const block = answer.result as RawBlock
    const hash = hashOfHeader(block)
    if (hash === undefined) return
    if (hash === block.hash) this.#areHashesKnown = true
    else if (this.#areHashesKnown) {
      throw new RpcFault(`${this.#urls[at]!.shown} lies about block ${Number(block.number)}: its hash is another one`)
    }
  }

  /** An old newest block may be all there is, so it is told and taken if no chain node has a newer one. */
  #isStale({ method, params }: JsonRpcPayload, answer: RpcAnswer, at: number): boolean {
    const [tag] = params as readonly unknown[]
    if (method !== 'eth_getBlockByNumber' || tag !== 'latest') return false
    const seconds = 'result' in answer ? Number(answer.result.timestamp) : Number.NaN
    this.counts.sawBlock(seconds * 1000)
    if (this.patience === undefined) return false
    const ageMs = Date.now() - seconds * 1000
    if (!(ageMs > this.patience.staleMs)) {
      this.health.lags(undefined)
      return false
    }
    const age = `the newest block of ${this.#urls[at]!.shown} is ${Math.round(ageMs / 1000)} s old`
    this.health.lags(`${age}, or the clock of this machine is wrong`)
    return true
  }
}

/** ethers names a block by its hash as a bare text, which not every chain node takes. By EIP-1898 it is an object. */
function atHash(request: JsonRpcPayload): JsonRpcPayload {
  if (request.method !== 'eth_call') return request
  const [call, at, ...rest] = request.params as readonly unknown[]
  return isHexString(at, 32) ? { ...request, params: [call, { blockHash: at }, ...rest] } : request
}
