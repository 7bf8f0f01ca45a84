/** A verifier of the sample network: the real server, routes and store, and a chain that is a table. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { decodeLeaf } from '../../../proto/leaf.js'
import { EVENT_OPTIONS } from '../../api/event-routes.js'
import { pageFiles, pageRoutes } from '../../api/page.js'
import { serveApi } from '../../api/server.js'
import { type HeldEpoch, putEpochs, SAMPLE_FILE } from '../../api/test/sample-node.js'
import { verifierRoutes } from '../../api/verifier-routes.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { KnownEvents } from '../../chain/known-events.js'
import { account, PARAMS, providerNamed } from '../../core/test/samples.js'
import { factsFromJson } from '../../evidence/schema/evidence.js'
import { NETWORK } from '../../evidence/test/epoch-evidence.js'
import type { VerifierNode } from '../../node/verifier-node.js'
import { Store } from '../../store/store.js'
import { EPOCHS, PROVIDERS, STAKE_WEI } from './sample-network.js'

/** What a provider could announce to take over the page of whoever looks at it. */
export const HOSTILE = '/ip4/1.2.3.4"><img src=x onerror=document.title=1><script>document.title=2</script>\u202e'
export const SETTLED_TX = keccakText('settlement')

export interface SampleServer {
  readonly url: string
  /** The chain has the reports of so many epochs. They never become fewer. */
  accept(epochs: number): void
  stop(): Promise<void>
}

interface SampleOptions {
  /** the built page */
  readonly page: string
  readonly epochs: readonly HeldEpoch[]
  /** providers that have just registered, beside those of the sample */
  readonly crowd?: number
  readonly port?: number
}

export async function startSampleServer({ page, epochs, crowd = 0, port = 0 }: SampleOptions): Promise<SampleServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bandwitness-sample-'))
  const store = await Store.open(join(folder, 'db'), { mode: 'create' })
  await fill(store, epochs, crowd)
  const known = new KnownEvents()
  announceAll(known)
  let accepted = 0
  const accept = (upTo: number) => {
    for (; accepted < upTo; accepted++) addEpoch(known, epochs[accepted]!)
  }
  const files = await pageFiles(page)
  const node = nodeOf(store, epochs, known, () => accepted)
  const api = await serveApi({ host: '127.0.0.1', port }, app => {
    verifierRoutes(app, node, { ...EVENT_OPTIONS, lookMs: 50 })
    pageRoutes(app, files)
  })
  return {
    url: api.url,
    accept,
    async stop() {
      await api.close()
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function fill(store: Store, epochs: readonly HeldEpoch[], crowd: number): Promise<void> {
  await putEpochs(store, epochs)
  if (crowd === 0) return
  const last = factsFromJson(epochs.at(-1)!.evidence.facts)
  const first = last.providers.length
  const others = Array.from({ length: crowd }, (_, i) => providerNamed(first + i, { stake: STAKE_WEI }))
  await store.putFacts({
    ...{ ...last, epoch: last.epoch + 1, blockHash: keccakText('block of the crowd') },
    providers: [...last.providers, ...others],
  })
}

function announceAll(known: KnownEvents): void {
  const announced = Object.values(PROVIDERS).map((provider, index) => {
    const text = provider === PROVIDERS.honest ? HOSTILE : '/ip4/198.51.100.7/tcp/4001'
    const announcement = {
      role: 'provider',
      index,
      account: provider,
      peerId: `12D3KooW${index}`,
      multiaddrs: [text],
    } as const
    return { kind: 'announced', block: 10, logIndex: index, announcement } as const
  })
  known.add(announced)
}

/** Its report, and the penalties that it brings. */
function addEpoch(known: KnownEvents, { evidence: { posted, leaves } }: HeldEpoch): void {
  const { headerHash, txHash, blockNumber: block } = posted
  const { epoch } = posted.header
  known.add([{ kind: 'posted', block, logIndex: 0, epoch, headerHash, txHash }])
  const slashed = leaves.map(hex => decodeLeaf(fromHex(hex))).filter(({ penaltyBps }) => penaltyBps > 0)
  known.add(
    slashed.map(({ provider, penaltyBps }, i) => ({
      ...{ kind: 'settled' as const, block: block + 1, logIndex: i },
      settlement: {
        ...{ epoch, provider, refuted: false, txHash: SETTLED_TX },
        charged: (STAKE_WEI * BigInt(penaltyBps)) / 10_000n,
      },
    })),
  )
}

function nodeOf(store: Store, epochs: readonly HeldEpoch[], events: KnownEvents, accepted: () => number): VerifierNode {
  const newest = () => epochs[accepted() - 1]!.evidence
  const sentence = `measuring ${Object.keys(PROVIDERS).length} providers`
  return {
    ...{ role: 'verifier', account: account('verifier 0'), index: 1, peerId: 'peer', network: SAMPLE_FILE, store },
    chain: {
      ...{ network: NETWORK, health: new ChainHealth(), pending: [], events: async () => events },
      tip: async () => ({ epoch: accepted(), headerHash: newest().headerHash, blockMs: Date.UTC(2026, 2, 1, 12, 2) }),
      posted: async (epoch: number) => epochs[epoch - 1]?.evidence.posted,
      frozenSet: async () => factsFromJson(newest().facts).verifiers,
      stake: async (_: string, of: Hex) => ({
        ...{ active: STAKE_WEI, unbonding: 0n, releaseAt: undefined, free: 0n, withdrawalAddress: of },
      }),
    },
    udp: { backend: 'mmsg', kernelTimestamps: true, port: 4000, receiveBufferBytes: 425_984, overruns: 0 },
    epochs: {
      ...{ phase: 'measuring', sentence, missed: undefined, faults: [] },
      ...{ reports: {}, serving: {}, ownFaults: { blockAgeMs: 400 } },
    },
    connections: () => 8,
    offenders: () => [
      { peer: HOSTILE, verifier: 5, reason: 'opened too many streams', count: 2, lastMs: Date.UTC(2026, 2, 1, 12) },
    ],
    clock: { genesisMs: Date.UTC(2026, 2, 1, 12), epochMs: PARAMS.epochSeconds * 1000, eraEpochs: PARAMS.eraEpochs },
    epochNow: () => Math.min(EPOCHS, accepted()) + 1,
  } as unknown as VerifierNode
}
