/** A verifier that holds accepted reports of many providers, in a real store. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { headerHash } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf, STATUS } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { KnownEvents } from '../../chain/known-events.js'
import { CLAIM_KBPS, facts, PARAMS, providerNamed } from '../../core/test/samples.js'
import { NETWORK } from '../../evidence/test/epoch-evidence.js'
import type { VerifierNode } from '../../node/verifier-node.js'
import { Store } from '../../store/store.js'
import { serveApi } from '../server.js'
import { verifierRoutes } from '../verifier-routes.js'

const FIRST_EPOCH = 4

/** @param seed of its figures */
export const leafNamed = (provider: Hex, seed: number, epoch = FIRST_EPOCH): Leaf => ({
  ...{ epoch, index: seed, provider, status: STATUS.measured },
  ...{ uptimeBps: (seed * 7919) % 10_001, rateKbps: (seed * 104_729) % CLAIM_KBPS, claimKbps: CLAIM_KBPS },
  ...{ scoreBps: ((seed + epoch) * 15_485_863) % 10_001, tier: seed % 4, throughputQ32: 2 ** 31, pathlessQ2: 0 },
  ...{ throughputSumQ32: 2 ** 32, throughputWeightQ32: 2 ** 33, ticksUpQ16: 65_536, ticksTotalQ16: 65_536 },
  ...{ soakVotes: ZERO_HASH, windowVotes: ZERO_HASH, link: ZERO_HASH, breachBits: seed % 8, breachPenaltyBps: 0 },
  ...{ assignedRoot: ZERO_HASH, penaltyBps: 0 },
})

export interface ManyProviders {
  readonly url: string
  readonly store: Store
  /** the chain accepts the report of the next epoch, in which every score is another one. */
  accept(): Promise<{ readonly headerHash: Hex; readonly leaves: readonly Leaf[] }>
  stop(): Promise<void>
}

/** Its first report is accepted. */
export async function startManyProviders(count: number): Promise<ManyProviders> {
  const directory = await mkdtemp(join(tmpdir(), 'bandwitness-many-'))
  const store = await Store.open(join(directory, 'db'), { mode: 'create' })
  const providers = Array.from({ length: count }, (_, i) => providerNamed(i))
  const known = new KnownEvents()
  known.add(
    providers.map(({ account, index }, i) => ({
      ...{ kind: 'announced', block: 8, logIndex: i },
      announcement: { role: 'provider', index, account, peerId: `peer-${i}`, multiaddrs: [`/ip4/192.0.2.1/tcp/${i}`] },
    })),
  )
  let epoch = FIRST_EPOCH - 1
  const accept = async () => {
    epoch++
    const truth = { ...facts({ verifiers: 4, providers: 0, epoch }), providers }
    const leaves = providers.map(({ account, index }) => leafNamed(account, index, epoch))
    const header = {
      ...{ era: 1, epoch, blockNumber: truth.blockNumber, blockHash: truth.blockHash, previousHeader: ZERO_HASH },
      ...{ scoreRoot: new MerkleTree(leaves.map(encodeLeaf)).root, ballotSetRoot: ZERO_HASH, rewardsRoot: ZERO_HASH },
      ...{ providerCount: count, commonFailure: false },
    }
    const [hash, txHash] = [headerHash(NETWORK, header), keccakText(`posted ${epoch}`)]
    const posted = { header, headerHash: hash, round: 0, nonSigners: [], txHash, blockNumber: 5 + epoch, gasUsed: 1 }
    await store.putFacts(truth)
    await store.putReport({
      ...{ header, headerHash: hash, posted, leaves, rewards: [], ballots: [], isWrong: false },
      ...{ soakVotes: new Map(), windows: new Map() },
    })
    known.add([{ kind: 'posted', block: 5 + epoch, logIndex: 0, epoch, headerHash: hash, txHash }])
    return { headerHash: hash, leaves }
  }
  await accept()
  const node = {
    ...{ store, network: { params: PARAMS }, clock: undefined, epochNow: () => epoch + 1 },
    chain: {
      ...{ health: new ChainHealth(), events: async () => known },
      frozenSet: async () => facts({ verifiers: 4, providers: 0, epoch }).verifiers,
    },
  } as unknown as VerifierNode
  const api = await serveApi({ host: '127.0.0.1', port: 0 }, app => verifierRoutes(app, node))
  return {
    ...{ url: api.url, store, accept },
    stop: async () => {
      await api.close()
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
}
