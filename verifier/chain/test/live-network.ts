/** A real chain with the real contracts, four verifiers and two providers, for the tests of this folder. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { TransactionReceipt, TransactionResponse } from 'ethers'
import { headerHash, reportDigest } from '../../../proto/digests.js'
import { encodeHeader, type Header } from '../../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf, STATUS } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import type { Certificate } from '../../../proto/messages.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { type Anvil, startAnvil } from '../../../testnet/network/anvil.js'
import { type NetworkSetup, setUpNetwork, startNetwork } from '../../../testnet/network/setup.js'
import { aggregate } from '../../bls/aggregate.js'
import { g2ToEip2537 } from '../../bls/encoding.js'
import { BlsSigner } from '../../bls/signer.js'
import { keysFromSeed, type NodeKeys } from '../../config/keys.js'
import type { BlockFacts } from '../../core/facts.js'
import { blockAt } from '../block-search.js'
import { connectChain } from '../connect.js'
import type { EthersChain } from '../ethers-chain.js'

/** Between two questions, or they keep the chain from its work. */
const LOOK_MS = 5

export const PARAMS: NetworkParams = { ...DEVNET, settlementSeconds: 6 }
const VERIFIERS = ['v0', 'v1', 'v2', 'v3']
const PROVIDERS = ['p0', 'p1']
const CLAIM_KBPS = 25_000

export class LiveNetwork {
  private constructor(
    readonly anvil: Anvil,
    readonly setup: NetworkSetup,
    /** by name */
    readonly keys: Readonly<Record<string, NodeKeys>>,
    /** connected with the account of the first verifier */
    readonly chain: EthersChain,
    private readonly dir: string,
  ) {}

  /** Mines one block for each transaction, so that nothing waits for the clock. Only `mineAt` moves time. */
  static async start(params: NetworkParams = PARAMS): Promise<LiveNetwork> {
    const anvil = await startAnvil()
    const dir = await mkdtemp(join(tmpdir(), 'bandwitness-chain-'))
    const keys = Object.fromEntries([...VERIFIERS, ...PROVIDERS].map(name => [name, keysFromSeed('chain tests', name)]))
    const setup = await setUpNetwork({
      anvil,
      chainId: 31_337,
      params,
      verifiers: VERIFIERS.map(name => ({ name, keys: keys[name]!, capacityKbps: 100_000 })),
      lateVerifiers: [],
      providers: PROVIDERS.map(name => ({ name, keys: keys[name]!, claimKbps: CLAIM_KBPS })),
      networkFile: join(dir, 'network.json'),
    })
    const { network } = setup
    const chain = await connectChain({ rpcUrl: anvil.rpcUrl, network, privateKey: keys.v0!.evm })
    return new LiveNetwork(anvil, setup, keys, chain, dir)
  }

  async stop(): Promise<void> {
    this.chain.close()
    await this.anvil.stop()
    await rm(this.dir, { recursive: true })
  }

  get networkFile(): string {
    return join(this.dir, 'network.json')
  }

  rpc(method: string, params: unknown[] = []): Promise<unknown> {
    return this.chain.context.provider.send(method, params)
  }

  connectAs(name: string): Promise<EthersChain> {
    const { anvil, setup } = this
    return connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey: this.keys[name]!.evm })
  }

  connectAsReader(): Promise<EthersChain> {
    return connectChain({ rpcUrl: this.anvil.rpcUrl, network: this.setup.network })
  }

  /** Resolves as soon as this many transactions wait to be mined. */
  async pending(count: number): Promise<void> {
    for (;;) {
      const { pending, queued } = (await this.rpc('txpool_status')) as Record<'pending' | 'queued', string>
      if (Number(pending) + Number(queued) === count) return
      await pause(LOOK_MS)
    }
  }

  startEpochs(): Promise<number> {
    return startNetwork(this.anvil.rpcUrl, this.setup.network, this.keys.v1!.evm)
  }

  snapshot(): Promise<string> {
    return this.rpc('evm_snapshot') as Promise<string>
  }

  /**
   * Goes back to a snapshot, which is gone then. Anvil shows a receipt before it takes the transaction out of its pool. What
   * is in there when it goes back may be mined again, or go with a transaction that comes again.
   */
  async revert(snapshot: string): Promise<void> {
    if (await this.rpc('anvil_getAutomine')) await this.pending(0)
    if (!(await this.rpc('evm_revert', [snapshot]))) throw new Error(`anvil has no snapshot ${snapshot}`)
  }

  /** Mines a block with this timestamp, in unix seconds. */
  async mineAt(seconds: number): Promise<void> {
    await this.rpc('evm_setNextBlockTimestamp', [seconds])
    await this.rpc('evm_mine')
  }

  /** Runs into the agree phase of an epoch: its B(e) and its end are mined. */
  async runTo(epoch: number): Promise<BlockFacts> {
    if (!(await this.chain.clock())) await this.startEpochs()
    for (const start of [await this.epochStart(epoch), await this.epochStart(epoch + 1)]) {
      if ((await this.now()) < start) await this.mineAt(start + 1)
    }
    const facts = await this.chain.factsAt(epoch)
    if (!facts) throw new Error(`no facts at epoch ${epoch}`)
    return facts
  }

  async epochStart(epoch: number): Promise<number> {
    const clock = await this.chain.clock()
    return (clock!.genesisMs + (epoch - 1) * clock!.epochMs) / 1000
  }

  /** Seconds of the newest block. */
  async now(): Promise<number> {
    return (await blockAt(this.chain.context.provider, 'latest')).timestamp
  }

  /** A header over made-up leaves, certified by the given verifiers: places in `facts.verifiers`. */
  certify(
    facts: BlockFacts,
    previousHeader: Hex,
    round = 0,
    signers = [0, 1, 2, 3],
    change: Partial<Header> = {},
  ): Certified {
    const leaves = facts.providers.map((provider, i) => leafOf(facts.epoch, provider.index, provider.account, i))
    const tree = new MerkleTree(leaves.map(encodeLeaf))
    const header: Header = {
      era: facts.era,
      epoch: facts.epoch,
      blockNumber: facts.blockNumber,
      blockHash: facts.blockHash,
      previousHeader,
      scoreRoot: tree.root,
      ballotSetRoot: ZERO_HASH,
      rewardsRoot: ZERO_HASH,
      providerCount: leaves.length,
      commonFailure: false,
      ...change,
    }
    return this.certifyHeader(facts, header, leaves, round, signers)
  }

  /** @param leaves those under the header's score root */
  certifyHeader(
    facts: Pick<BlockFacts, 'era' | 'epoch' | 'verifiers'>,
    header: Header,
    leaves: readonly Leaf[],
    round = 0,
    signers = [0, 1, 2, 3],
  ): Certified {
    const { network } = this.chain
    const tree = new MerkleTree(leaves.map(encodeLeaf))
    const hash = headerHash(network, header)
    const digest = reportDigest(network, facts, round, hash)
    const partials = signers.map(i => this.#signerOf(facts.verifiers[i]!.account).sign(digest))
    const sum = aggregate(partials)
    const signature = g2ToEip2537(sum)
    const missing = facts.verifiers.filter((_, i) => !signers.includes(i))
    const nonSigners = missing.map(({ position }) => position).sort((a, b) => a - b)
    const certificate = { epoch: header.epoch, round, header: encodeHeader(header), nonSigners, signature: sum }
    return { header, headerHash: hash, round, nonSigners, signature, leaves, tree, certificate }
  }

  #signerOf(account: Hex): BlsSigner {
    const { name } = this.setup.verifiers.find(verifier => verifier.account === account)!
    return new BlsSigner(this.keys[name]!.bls)
  }
}

/** A network for the tests of one suite: started once, and put back to its start after each test. */
export function useLiveNetwork(params = PARAMS): { readonly live: LiveNetwork; readonly chain: EthersChain } {
  let live: LiveNetwork
  let snapshot: string
  before(async () => {
    live = await LiveNetwork.start(params)
  })
  after(() => live?.stop())
  beforeEach(async () => {
    snapshot = await live.snapshot()
  })
  afterEach(() => live.revert(snapshot))
  return {
    get live() {
      return live
    },
    get chain() {
      return live.chain
    },
  }
}

export interface Certified {
  readonly header: Header
  readonly headerHash: Hex
  readonly round: number
  readonly nonSigners: readonly number[]
  readonly signature: Uint8Array
  readonly leaves: readonly Leaf[]
  readonly tree: MerkleTree
  /** the same, as nodes gossip it */
  readonly certificate: Certificate
}

/** Mined at once, but not always before `sendTransaction` has returned. */
export async function receiptOf({ hash, provider }: TransactionResponse): Promise<TransactionReceipt> {
  for (;;) {
    const receipt = await provider.getTransactionReceipt(hash)
    if (receipt) return receipt
    await pause(LOOK_MS)
  }
}

export const postTo = (chain: EthersChain, { header, round, nonSigners, signature }: Certified) =>
  chain.post(header, round, nonSigners, signature)

/** The first provider owes 2 % of its stake, the second nothing. */
const leafOf = (epoch: number, index: number, provider: Hex, i: number): Leaf => ({
  epoch,
  index,
  provider,
  status: STATUS.measured,
  uptimeBps: 9_000,
  rateKbps: i === 0 ? 2_500 : CLAIM_KBPS,
  claimKbps: CLAIM_KBPS,
  scoreBps: i === 0 ? 900 : 9_000,
  tier: 1,
  throughputQ32: 2 ** 30,
  throughputSumQ32: 2 ** 30,
  throughputWeightQ32: 2 ** 32,
  ticksUpQ16: 65_536,
  ticksTotalQ16: 65_536,
  pathlessQ2: 0,
  soakVotes: ZERO_HASH,
  windowVotes: ZERO_HASH,
  link: ZERO_HASH,
  breachBits: 0,
  breachPenaltyBps: 0,
  assignedRoot: ZERO_HASH,
  penaltyBps: i === 0 ? 200 : 0,
})
