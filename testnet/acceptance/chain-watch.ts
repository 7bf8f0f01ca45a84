/**
 * Watches a test network's chain, and the leaves that a verifier serves, as long as the network runs: an outsider could know
 * as much at the end. Leaves count only if another library's Merkle tree over them has the root that the chain holds.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import type { Hex } from '../../proto/hex.js'
import { LEAF_FIELDS, type Leaf } from '../../proto/leaf.js'
import type { ReadyEvent } from '../network/events.js'
import { addressOf, bigintOf, JsonRpc, type Log, numberOf } from './json-rpc.js'

const POLL_MS = 400
const POSTED =
  'Posted(uint64,bytes32,(uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32,bytes32,uint32,bool),uint32,uint32[])'
const SETTLED = 'Settled(uint64,address,uint256)'

export interface SeenHeader {
  readonly epoch: number
  readonly era: number
  readonly headerHash: Hex
  readonly previousHeader: Hex
  readonly scoreRoot: Hex
  readonly round: number
  /** positions in the frozen set */
  readonly nonSigners: readonly number[]
}

export interface SeenSettlement {
  readonly epoch: number
  readonly provider: Hex
  readonly charged: bigint
  /** of its block, unix seconds */
  readonly timestamp: number
}

export class ChainWatch {
  readonly rpc: JsonRpc
  readonly headers = new Map<number, SeenHeader>()
  readonly settlements = new Map<string, SeenSettlement>()
  /** last seen, by account */
  readonly stakes = new Map<string, bigint>()
  /** by epoch, and only if they hash to the chain's score root */
  readonly leaves = new Map<number, readonly Leaf[]>()
  /** epochs with served leaves that do not hash to the chain's score root */
  readonly wrongLeaves = new Set<number>()
  readonly #ready: ReadyEvent
  /** Resolves when the network has ended; everything read so far stays. */
  readonly ended: Promise<void>

  /** @param over aborts when the network has ended */
  constructor(ready: ReadyEvent, over: AbortSignal) {
    this.#ready = ready
    this.rpc = new JsonRpc(ready.rpcUrl)
    this.ended = this.#watch(over)
  }

  /** Unix seconds; 0 before the network has started. */
  async genesis(): Promise<number> {
    return numberOf((await this.rpc.call(this.#ready.contracts.verifierRegistry, 'genesis()'))[0]!)
  }

  async epochSeconds(): Promise<number> {
    return numberOf((await this.rpc.call(this.#ready.contracts.verifierRegistry, 'epochSeconds()'))[0]!)
  }

  /** What an account has staked and can still lose, wei. @param registry that it is registered with */
  async slashable(registry: 'verifierRegistry' | 'providerRegistry', account: Hex): Promise<bigint> {
    const { contracts } = this.#ready
    const words = await this.rpc.call(contracts.stakeVault, 'slashable(address,address)', contracts[registry], account)
    return bigintOf(words[0]!)
  }

  /** The sets that were frozen so far, each like `era 1: 5`. */
  async frozenSizes(): Promise<string[]> {
    const frozen = await this.rpc.logs(this.#ready.contracts.verifierRegistry, 'Frozen(uint64,address,uint32)')
    return frozen.map(({ topics, words }) => `era ${Number(topics[1])}: ${numberOf(words[1]!)}`)
  }

  leavesOf(provider: string): Leaf[] {
    const address = provider.toLowerCase()
    return [...this.leaves.entries()]
      .sort(([a], [b]) => a - b)
      .flatMap(([, leaves]) => leaves.filter(leaf => leaf.provider.toLowerCase() === address))
  }

  /** Resolves once the leaves of all epochs up to this one were read. @throws Error if the network ends before */
  async leavesUpTo(epoch: number, over: AbortSignal): Promise<void> {
    const epochs = Array.from({ length: epoch }, (_, i) => i + 1)
    while (!epochs.every(one => this.leaves.has(one))) await delay(POLL_MS, undefined, { signal: over })
  }

  settlementsOf(provider: string): SeenSettlement[] {
    return [...this.settlements.values()].filter(one => one.provider === provider.toLowerCase())
  }

  async #watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      // The chain goes away when the network ends. A check fails if something that it needs was not read before.
      await this.#look().catch(() => {})
      await delay(POLL_MS, undefined, { signal: over }).catch(() => {})
    }
  }

  async #look(): Promise<void> {
    const { contracts, providers } = this.#ready
    for (const log of await this.rpc.logs(contracts.epochReports, POSTED)) {
      const header = headerOf(log)
      this.headers.set(header.epoch, header)
    }
    for (const { address } of providers) {
      this.stakes.set(address.toLowerCase(), await this.slashable('providerRegistry', address))
    }
    for (const log of await this.rpc.logs(contracts.slashingManager, SETTLED)) await this.#addSettlement(log)
    for (const header of this.headers.values()) await this.#readLeaves(header)
  }

  async #addSettlement(log: Log): Promise<void> {
    const epoch = Number(log.topics[1])
    const provider = addressOf(log.topics[2]!.slice(2))
    const key = `${epoch}:${provider}`
    if (this.settlements.has(key)) return
    const block = await this.rpc.block(log.blockNumber)
    if (block) {
      this.settlements.set(key, { epoch, provider, charged: bigintOf(log.words[0]!), timestamp: block.timestamp })
    }
  }

  async #readLeaves(header: SeenHeader): Promise<void> {
    if (this.leaves.has(header.epoch) || this.wrongLeaves.has(header.epoch)) return
    const leaves = await servedLeaves(this.#ready.apiUrl, header.epoch)
    if (!leaves) return
    if (rootOf(leaves) === header.scoreRoot) this.leaves.set(header.epoch, leaves)
    else this.wrongLeaves.add(header.epoch)
  }
}

/** Undefined while the node has no report of that epoch. An unmeasured rate is null in JSON and 0 in the leaf. */
export async function servedLeaves(apiUrl: string, epoch: number): Promise<Leaf[] | undefined> {
  const response = await fetch(new URL(`/v1/epochs/${epoch}/leaves`, apiUrl), { signal: AbortSignal.timeout(5000) })
  if (!response.ok) return undefined
  const { leaves } = (await response.json()) as { leaves: (Omit<Leaf, 'rateKbps'> & { rateKbps: number | null })[] }
  return leaves.map(leaf => ({ ...leaf, rateKbps: leaf.rateKbps ?? 0 }))
}

/** The score root as OpenZeppelin's library computes it. */
export function rootOf(leaves: readonly Leaf[]): Hex {
  const values = leaves.map(leaf => LEAF_FIELDS.map(([name]) => leaf[name]))
  return StandardMerkleTree.of(
    values,
    LEAF_FIELDS.map(([, type]) => type),
  ).root as Hex
}

function headerOf({ topics, words }: Log): SeenHeader {
  const hex = (i: number): Hex => `0x${words[i]!}`
  // Header: words 0–9; round: 10; offset of nonSigners: 11; poster: 12.
  const at = numberOf(words[11]!) / 32
  const count = numberOf(words[at]!)
  return {
    epoch: Number(topics[1]),
    era: numberOf(words[0]!),
    headerHash: topics[2]!,
    previousHeader: hex(4),
    scoreRoot: hex(5),
    round: numberOf(words[10]!),
    nonSigners: words.slice(at + 1, at + 1 + count).map(numberOf),
  }
}
