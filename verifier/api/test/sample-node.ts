/** A verifier that holds two accepted reports and a transcript, with a real store and a chain that is a table. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { Ballot } from '../../../proto/messages.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { KnownEvents } from '../../chain/known-events.js'
import type { Stake } from '../../chain/stake.js'
import type { NetworkFile } from '../../config/network-file.js'
import type { Announcement, Settlement } from '../../core/ports.js'
import { decodeCarryOver } from '../../core/scoring/carry-over.js'
import { account, PARAMS } from '../../core/test/samples.js'
import { type EvidenceJson, factsFromJson } from '../../evidence/schema/evidence.js'
import { epochOf, NETWORK, PROVIDER, slow } from '../../evidence/test/epoch-evidence.js'
import type { VerifierNode } from '../../node/verifier-node.js'
import { Store } from '../../store/store.js'
import { EVENT_OPTIONS, type EventOptions } from '../event-routes.js'
import { type ApiServer, serveApi } from '../server.js'
import { verifierRoutes } from '../verifier-routes.js'

export const SESSION = keccakText('session')
const STAKE: Stake = {
  ...{ active: 1_000n, unbonding: 0n, releaseAt: undefined, free: 5n, withdrawalAddress: account('owner') },
}
/** What a provider could announce to confuse whoever lists it. */
export const HOSTILE = '/ip4/1.2.3.4\u001b[2J\u009b31m\u202e\r\n✓ all is well'
const CHARGED_WEI = 33n * 10n ** 18n

const first = epochOf(1, slow)
const second = epochOf(2, slow, first.next)
const REPORTS = [
  { evidence: first.evidence, next: first.next },
  { evidence: second.evidence, next: second.next },
]

export const SAMPLE_FILE: NetworkFile = {
  name: 'sample',
  chainId: NETWORK.chainId,
  contracts: {
    stakeToken: account('token'),
    stakeVault: account('vault'),
    verifierRegistry: account('verifiers'),
    providerRegistry: account('providers'),
    epochReports: NETWORK.contract,
    slashingManager: account('slashing'),
    rewardsDistributor: account('rewards'),
    decoys: account('decoys'),
    equivocationSlasher: account('equivocation'),
    offers: account('offers'),
    transferEscrow: account('escrow'),
    lanes: account('lanes'),
  },
  deployBlock: 1,
  params: PARAMS,
  names: { 'provider-1': PROVIDER },
}

const announcement: Announcement = {
  ...{ role: 'provider', index: 0, account: PROVIDER, peerId: HOSTILE, multiaddrs: [HOSTILE] },
}

const settlement: Settlement = {
  epoch: 2,
  provider: PROVIDER,
  charged: CHARGED_WEI,
  refuted: false,
  txHash: keccakText('settlement'),
}

/** It has announced an address, and is in no report. */
export const EXITED = account('provider that exited')

const eventsOf = (): KnownEvents => {
  const known = new KnownEvents()
  const posted = REPORTS.map(({ evidence: { header, headerHash, posted } }, i) => ({
    ...{ kind: 'posted' as const, block: 20 + i, logIndex: 0, epoch: header.epoch, headerHash, txHash: posted.txHash },
  }))
  known.add([
    { kind: 'announced', block: 10, logIndex: 0, announcement },
    { kind: 'announced', block: 10, logIndex: 1, announcement: { ...announcement, index: 7, account: EXITED } },
    ...posted,
    { kind: 'settled', block: 30, logIndex: 0, settlement },
  ])
  return known
}

/** What both reports follow from, the oldest first, and what the next one builds on. */
export const SAMPLE_EPOCHS: readonly HeldEpoch[] = REPORTS

export const SAMPLE_CHAIN = {
  network: NETWORK,
  health: new ChainHealth(),
  pending: [{ what: 'post', nonce: 7, txHash: keccakText('pending'), seconds: 40, raises: 2 }],
  tip: async () => ({ epoch: 2, headerHash: second.evidence.headerHash, blockMs: 0 }),
  posted: async (epoch: number) => REPORTS[epoch - 1]?.evidence.posted,
  events: async () => eventsOf(),
  frozenSet: async () => factsFromJson(second.evidence.facts).verifiers,
  stake: async () => ({ ...STAKE }),
}

/** An epoch as the store of a verifier holds it. */
export interface HeldEpoch {
  readonly evidence: EvidenceJson
  /** what the next epoch builds on */
  readonly next: EvidenceJson['previous']
}

export async function putEpochs(store: Store, epochs: readonly HeldEpoch[]): Promise<void> {
  for (const { evidence, next } of epochs) {
    const ballots = evidence.ballots.map(hex => Ballot.decode(fromHex(hex)))
    for (const ballot of ballots) await store.ballots.put(ballot, ballot.votes, false)
    await store.putFacts(factsFromJson(evidence.facts))
    await store.putReport({
      ...{ header: evidence.header, headerHash: evidence.headerHash, posted: evidence.posted },
      ballots: ballots.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
      rewards: [],
      isWrong: false,
      ...decodeCarryOver(next.leaves.map(fromHex)),
    })
  }
}

async function fill(store: Store): Promise<void> {
  await putEpochs(store, REPORTS)
  await store.putTranscript(2, fromHex(SESSION), new Uint8Array([1, 2, 3]))
}

export interface SampleNode {
  readonly api: ApiServer
  /** of epochs 1 and 2 */
  readonly evidence: readonly EvidenceJson[]
  stop(): Promise<void>
}

/** @param changes of its chain. @param events how its stream of events behaves */
export async function startSampleNode(
  changes: Partial<typeof SAMPLE_CHAIN> = {},
  events: EventOptions = EVENT_OPTIONS,
): Promise<SampleNode> {
  const directory = await mkdtemp(join(tmpdir(), 'bandwitness-api-'))
  const store = await Store.open(join(directory, 'db'), { mode: 'create' })
  await fill(store)
  const node = {
    ...{ role: 'verifier', account: account('verifier 0'), index: 1, peerId: 'peer', network: SAMPLE_FILE, store },
    chain: { ...SAMPLE_CHAIN, ...changes },
    udp: { backend: 'dgram', kernelTimestamps: false, port: 4000, receiveBufferBytes: 212_992, overruns: 0 },
    epochs: {
      ...{ reports: {}, serving: {}, faults: [], ownFaults: { blockAgeMs: null } },
      peers: { transcript: (sessionId: Hex) => store.getTranscript(sessionId, 2) },
    },
    connections: () => 3,
    offenders: () => [
      { peer: 'liar', verifier: 5, reason: 'opened too many streams', count: 2, lastMs: 1_700_000_000_000 },
    ],
    clock: { genesisMs: 1_700_000_000_000, epochMs: 20_000, eraEpochs: 5 },
    epochNow: () => 3,
  } as unknown as VerifierNode
  const api = await serveApi({ host: '127.0.0.1', port: 0 }, app => verifierRoutes(app, node, events))
  return {
    api,
    evidence: REPORTS.map(({ evidence }) => evidence),
    stop: async () => {
      await api.close()
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
}
