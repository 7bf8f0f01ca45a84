/** A chain node that fails for one node of a run, or for all. */
import type { Hex } from '../../proto/hex.js'
import type { Fault } from './fault.js'
import { lying } from './lying-rpc.js'
import type { Manner, Misdeed, RpcProxy } from './rpc-proxy.js'
import { stale } from './stale-rpc.js'

/** By the names that a scenario uses: what the chain node does with every request. */
const SAME_FOR_ALL = {
  refuses: 'hang up',
  stalls: 'stall',
  '429': { status: 429 },
  '502': { status: 502 },
  '503': { status: 503 },
  // In the words of EIP-1474, which do not say of which limit.
  '-32005': { error: { code: -32_005, message: 'Limit exceeded' } },
  nothing: { body: '' },
} as const satisfies Record<string, Misdeed>

export const RPC_ANSWERS = [...(Object.keys(SAME_FOR_ALL) as (keyof typeof SAME_FOR_ALL)[]), 'stale', 'lies'] as const
export type RpcAnswers = (typeof RPC_ANSWERS)[number]

export interface RpcFaultOptions {
  /** a node's name; undefined for all nodes */
  readonly of: string | undefined
  readonly answers: RpcAnswers
  /** address of `EpochReports`, whose events a liar hides */
  readonly epochReports: Hex
}

export class RpcFault implements Fault {
  #lift: (() => void) | undefined

  constructor(
    private readonly proxy: RpcProxy,
    private readonly options: RpcFaultOptions,
  ) {}

  async begin(): Promise<void> {
    this.#lift = this.proxy.misbehave(this.options.of, await this.#manner())
  }

  async end(): Promise<void> {
    this.#lift?.()
  }

  async #manner(): Promise<Manner> {
    const { answers, epochReports } = this.options
    if (answers === 'lies') return lying(epochReports)
    if (answers !== 'stale') return () => SAME_FOR_ALL[answers]
    const head = await this.proxy.ask({ method: 'eth_blockNumber', params: [] })
    return stale(Number('result' in head && head.result))
  }
}
