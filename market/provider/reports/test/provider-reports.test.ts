/** A provider's own node tells its score: over real connections, verifiers give the reports, and some of them lie. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { systemClock } from '../../../../probe/index.js'
import { epochStartMs } from '../../../../proto/epoch.js'
import { fromHex, type Hex } from '../../../../proto/hex.js'
import { encodeLeafState } from '../../../../proto/leaf-state.js'
import { Ballot, WholeBallot } from '../../../../proto/messages.js'
import { reportRoutes } from '../../../../verifier/api/report-routes.js'
import { type ApiServer, serveApi } from '../../../../verifier/api/server.js'
import { pathOf } from '../../../../verifier/api/test/requests.js'
import {
  putEpochs,
  SAMPLE_CHAIN,
  SAMPLE_EPOCHS,
  SAMPLE_FILE,
  type SampleNode,
  startSampleNode,
} from '../../../../verifier/api/test/sample-node.js'
import { explanationFor } from '../../../../verifier/cli/explain.js'
import { reputationOf } from '../../../../verifier/cli/reputation.js'
import { decodeCarryOver } from '../../../../verifier/core/scoring/carry-over.js'
import { PARAMS } from '../../../../verifier/core/test/samples.js'
import { factsFromJson } from '../../../../verifier/evidence/schema/evidence.js'
import { problemSchema } from '../../../../verifier/evidence/schema/problem.js'
import { providerPageSchema } from '../../../../verifier/evidence/schema/providers.js'
import { PROVIDER } from '../../../../verifier/evidence/test/epoch-evidence.js'
import { ConnectionPool } from '../../../../verifier/net/connection-pool.js'
import { createProviderPeer } from '../../../../verifier/net/provider-peer.js'
import { type SyncSource, serveSync } from '../../../../verifier/net/sync.js'
import { addressOf, forStrangers, seedOf, silent, startPeer } from '../../../../verifier/net/test/network.js'
import { Lifecycle } from '../../../../verifier/node/lifecycle.js'
import { syncSource } from '../../../../verifier/node/sync-source.js'
import { Store } from '../../../../verifier/store/store.js'
import { providerReports } from '../provider-reports.js'

const CLOCK = { genesisMs: 1_700_000_000_000, epochMs: 20_000, eraEpochs: 5 }
const WALL = { nowMs: () => epochStartMs(CLOCK, 3) + PARAMS.commitMs }
const LATEST = SAMPLE_EPOCHS.length
/** Longer than any test takes: whoever asks waits for what comes of it. */
const PATIENT_MS = 20_000

const chain = {
  ...SAMPLE_CHAIN,
  clock: async () => CLOCK,
  announcedIn: async () => [],
  frozenSet: async () => [...(await SAMPLE_CHAIN.frozenSet())],
  factsAt: async (epoch: number) => {
    const held = SAMPLE_EPOCHS[epoch - 1]
    if (held === undefined) return undefined
    const { providers, ...facts } = factsFromJson(held.evidence.facts)
    return { ...facts, providers: providers.map(({ link: _, ...provider }) => provider) }
  },
}

/** What of an honest verifier's answers is another. */
type Lie = Partial<SyncSource>

describe("a provider's own node", () => {
  const ends: (() => unknown)[] = []
  let verifier: SampleNode
  let store: Store
  /** what the node has logged as a warning */
  let warned: Record<string, unknown>[]

  before(async () => {
    verifier = await startSampleNode()
    const directory = await mkdtemp(join(tmpdir(), 'bandwitness-own-score-'))
    store = await Store.open(join(directory, 'db'), { mode: 'create' })
    await putEpochs(store, SAMPLE_EPOCHS)
    after(async () => {
      await verifier.stop()
      await store.close()
      await rm(directory, { recursive: true })
    })
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  /** @param lies one for each verifier that it can ask; an honest one has none. @returns its API */
  async function startNode(lies: readonly Lie[], waitMs = PATIENT_MS): Promise<ApiServer> {
    const honest = syncSource({ store, epochs: CLOCK, params: PARAMS, wall: WALL })
    const verifiers = await Promise.all(
      lies.map(async (lie, index) => {
        const peer = await startPeer(index)
        ends.push(() => peer.stop())
        await serveSync(peer, { ...honest, ...lie }, forStrangers())
        return { ...addressOf(peer), role: 'verifier' as const, index, account: PROVIDER }
      }),
    )
    const life = new Lifecycle()
    ends.push(() => life.stop())
    const options = { seed: seedOf(90), listen: ['/ip4/127.0.0.1/tcp/0'], log: silent }
    const pool = new ConnectionPool(() => systemClock.now())
    const peer = await life.open(createProviderPeer(options, pool), one => one.stop())
    warned = []
    const log = pino({ level: 'warn' }, { write: (line: string) => warned.push(JSON.parse(line)) })
    const directory = { verifiers: () => verifiers }
    const { node, bring, transcript } = providerReports({
      ...{ life, network: SAMPLE_FILE, account: PROVIDER, chain, peer, directory, log, wall: WALL, waitMs },
    })
    const standing = () => ({ state: 'serving', sentence: 'taking sessions' })
    const routes = { standing, bring, transcript }
    return life.open(
      serveApi({ host: '127.0.0.1', port: 0 }, app => reportRoutes(app, node, routes)),
      one => one.close(),
    )
  }

  const get = async (api: ApiServer, path: string) => {
    const response = await fetch(api.url + path)
    return { status: response.status, body: (await response.json()) as unknown }
  }
  const problem = async (api: ApiServer, path: string) => {
    const { status, body } = await get(api, path)
    return { status, detail: problemSchema.parse(body).detail }
  }

  it('answers as a verifier does, with what it fetched from one and checked', async () => {
    const own = await startNode([{}])
    const names = [
      'provider',
      'explanation',
      'evidence',
      'providerEvidence',
      'proof',
      'leaves',
      'rewards',
      'providers',
    ] as const
    for (const path of [...names.map(pathOf), `/v1/providers/${PROVIDER}/explanation?epoch=1`, '/v1/epochs/2'])
      expect(await get(own, path), path).to.deep.equal(await get(verifier.api, path))
    const history = await get(own, `/v1/providers/${PROVIDER}/history`)
    expect(history).to.deep.equal(await get(verifier.api, `/v1/providers/${PROVIDER}/history`))
  })

  it('serves `reputation` and `explain`, whose checks all hold', async () => {
    const own = await startNode([{}])
    // The commands end their wait after ten seconds, which a busy machine may need for a fetch.
    for (const name of ['provider', 'explanation'] as const) expect((await get(own, pathOf(name))).status).to.equal(200)
    const flags = { api: own.url, provider: PROVIDER }
    const [row] = await reputationOf(flags)
    expect(row).to.deep.equal((await reputationOf({ ...flags, api: verifier.api.url }))[0])
    expect(row!.leaf!.epoch).to.equal(LATEST)
    const { checks } = await explanationFor({ ...flags, epoch: 'latest', rpc: undefined, network: undefined })
    expect(checks.filter(({ holds }) => !holds)).to.deep.equal([])
  })

  const carried = decodeCarryOver(SAMPLE_EPOCHS[LATEST - 1]!.next.leaves.map(fromHex))
  const [leaf] = carried.leaves
  const better = encodeLeafState({
    leaf: { ...leaf!, scoreBps: 10_000 },
    soakVotes: carried.soakVotes.get(PROVIDER) ?? [],
    window: carried.windows.get(PROVIDER),
  })
  const ballots = SAMPLE_EPOCHS[LATEST - 1]!.evidence.ballots.map(hex => WholeBallot.decode(fromHex(hex)))

  it('attack: a better score, other rewards, or none: they are refused and named, and another verifier is asked', async () => {
    const lies: Lie[] = [
      { leaves: async () => [better] },
      { leaves: async () => [] },
      { leaves: async () => [new Uint8Array(7)] },
      { rewards: async () => [new Uint8Array(52).fill(1)] },
      { leaves: async () => undefined, rewards: async () => undefined },
    ]
    const own = await startNode([...lies, {}])
    const page = await get(own, `/v1/providers/${PROVIDER}`)
    expect(page).to.deep.equal(await get(verifier.api, `/v1/providers/${PROVIDER}`))
    for (const { offence, verifier: index } of warned) {
      expect(offence).to.equal('answer')
      expect(index, 'no honest one is blamed').to.be.below(4)
    }
  })

  it('attack: one liar alone, who is named: no score rather than a wrong one', async () => {
    for (const lie of [{ leaves: async () => [better] }, { rewards: async () => [new Uint8Array(52).fill(1)] }]) {
      const own = await startNode([lie])
      const { status, detail } = await problem(own, `/v1/providers/${PROVIDER}`)
      expect(status).to.equal(503)
      expect(detail).to.include('No verifier that answers gave the report of epoch 2 as the chain holds it.')
      expect(warned[0]).to.include({ verifier: 0, offence: 'answer', msg: 'refused what a verifier answered' })
    }
  })

  it('attack: the right votes under wrong signatures, which their root does not tell: no explanation from them', async () => {
    const unsigned = async (root: Hex) => {
      const index = await store.ballots.index(root)
      const head = { ...(await store.ballots.head(root))!, votes: [], signature: ballots[0]!.signature }
      return [Ballot.encode(head), index!.bytes]
    }
    const liar: Lie = { ballot: unsigned }
    const alone = await startNode([liar])
    expect((await problem(alone, `/v1/providers/${PROVIDER}/explanation`)).status).to.equal(404)
    const { outlook, leaf: shown } = providerPageSchema.parse((await get(alone, `/v1/providers/${PROVIDER}`)).body)
    expect([outlook, shown?.epoch], 'the score is there without the outlook').to.deep.equal([null, LATEST])
    expect(warned.some(({ offence }) => offence === 'disputed')).to.equal(true)
    const path = `/v1/providers/${PROVIDER}/explanation?epoch=2`
    expect(await get(await startNode([liar, {}]), path)).to.deep.equal(await get(verifier.api, path))
  })

  it('says that nobody answers, and shows no older score as if it were new', async () => {
    let isUp = true
    const honest = syncSource({ store, epochs: CLOCK, params: PARAMS, wall: WALL })
    const own = await startNode([{ leaves: async hash => (isUp ? honest.leaves(hash) : undefined) }])
    expect((await get(own, `/v1/providers/${PROVIDER}/explanation?epoch=1`)).status).to.equal(200)
    isUp = false
    const { status, detail } = await problem(own, `/v1/proofs/${PROVIDER}/2`)
    expect([status, detail]).to.deep.equal([
      503,
      'No verifier that answers gave the report of epoch 2 as the chain holds it. Try again later, or ask the API of a verifier.',
    ])
    const latest = await get(own, '/v1/epochs/latest/leaves')
    expect(latest.body, 'it tells of which epoch it is').to.have.nested.property('header.epoch', 1)
    expect((await problem(await startNode([]), `/v1/providers/${PROVIDER}`)).status).to.equal(503)
  })

  it('attack: a verifier that never answers holds up nobody, and what it holds up is found later', async () => {
    const stall = Promise.withResolvers<void>()
    const honest = syncSource({ store, epochs: CLOCK, params: PARAMS, wall: WALL })
    const late: Lie = { leaves: async hash => stall.promise.then(() => honest.leaves(hash)) }
    const own = await startNode([late], 50)
    const { status, detail } = await problem(own, '/v1/epochs/1/leaves')
    expect([status, detail]).to.deep.equal([
      503,
      'What epoch 1 needs is being fetched from verifiers. Try again in a few seconds.',
    ])
    stall.resolve()
    for (;;) {
      const { status: now } = await get(own, '/v1/epochs/1/leaves')
      if (now === 200) break
      expect(now).to.equal(503)
    }
  })

  it('attack: whoever reaches its API cannot have it ask verifiers without end', async () => {
    let asked = 0
    const none = async () => {
      asked++
      return undefined
    }
    const own = await startNode([{ leaves: none }])
    const answers: Awaited<ReturnType<typeof problem>>[] = []
    const startMs = performance.now()
    for (let i = 0; i < 60; i++) answers.push(await problem(own, '/v1/epochs/1/leaves'))
    expect(answers.map(({ detail }) => detail).join()).to.include('has asked verifiers for many reports')
    expect(asked).to.be.at.most(32 + Math.floor((performance.now() - startMs) / 2000)) // one more each two seconds
  })
})
