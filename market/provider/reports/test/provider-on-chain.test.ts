/** A provider's own node on a real chain: before the first report, after it, and if a reorganisation takes it back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EpochClock } from '../../../../proto/epoch.js'
import { ZERO_HASH } from '../../../../proto/hex.js'
import { reportRoutes } from '../../../../verifier/api/report-routes.js'
import { serveApi } from '../../../../verifier/api/server.js'
import { type Certified, PARAMS, postTo, useLiveNetwork } from '../../../../verifier/chain/test/live-network.js'
import { type ApiError, type Client, connect, ENDPOINTS } from '../../../../verifier/client/index.js'
import { leafJson } from '../../../../verifier/evidence/schema/report.js'
import { serveSync } from '../../../../verifier/net/sync.js'
import { addressOf, forStrangers, silent, startPeer } from '../../../../verifier/net/test/network.js'
import { Directory } from '../../../../verifier/node/directory.js'
import { Lifecycle } from '../../../../verifier/node/lifecycle.js'
import { syncSource } from '../../../../verifier/node/sync-source.js'
import { poll } from '../../../../verifier/node/waiting.js'
import { Store } from '../../../../verifier/store/store.js'
import { providerReports } from '../provider-reports.js'

const LOOK_MS = 50

describe("a provider's own node on a real chain", () => {
  const net = useLiveNetwork()
  let life: Lifecycle
  let store: Store
  beforeEach(async () => {
    life = new Lifecycle()
    const folder = await mkdtemp(join(tmpdir(), 'bandwitness-own-chain-'))
    await life.open(folder, one => rm(one, { recursive: true }))
    store = await life.open(Store.open(join(folder, 'db'), { mode: 'create' }), one => one.close())
  })
  afterEach(() => life.stop())

  async function startNode(): Promise<Client> {
    const { live } = net
    const [verifier, peer] = await Promise.all([0, 1].map(index => life.open(startPeer(index), one => one.stop())))
    const chain = await life.open(live.connectAs('p0'), one => one.close())
    const announcer = await life.open(live.connectAs('v2'), one => one.close())
    const { peerId, multiaddrs } = addressOf(verifier!)
    expect((await announcer.announce('verifier', peerId, multiaddrs)).kind).to.equal('done')
    const clock = (await chain.clock()) as EpochClock
    const wall = { nowMs: () => clock.genesisMs + clock.epochMs }
    await serveSync(verifier!, syncSource({ store, epochs: clock, params: PARAMS, wall }), forStrangers())
    const directory = new Directory(chain, silent)
    await directory.refresh()
    const { node, bring, transcript } = providerReports({
      ...{
        life,
        network: live.setup.network,
        account: chain.account!,
        chain,
        peer: peer!,
        directory,
        log: silent,
        wall,
      },
    })
    const standing = () => ({ state: 'serving', sentence: 'taking sessions' })
    const routes = (app: Parameters<typeof reportRoutes>[0]) =>
      void reportRoutes(app, node, { standing, bring, transcript })
    const api = await life.open(serveApi({ host: '127.0.0.1', port: 0 }, routes), one => one.close())
    return connect(api.url)
  }

  async function hold(certified: Certified): Promise<void> {
    await postTo(net.chain, certified)
    const { header, headerHash, leaves } = certified
    await store.putReport({
      ...{ header, headerHash, leaves, rewards: [], ballots: [], isWrong: false },
      ...{ posted: await net.chain.posted(header.epoch), soakVotes: new Map(), windows: new Map() },
    })
  }

  it('shows a newcomer as new, then the certified leaf, and none any more once a reorganisation took it back', async () => {
    const { live } = net
    const certified = live.certify(await live.runTo(1), ZERO_HASH)
    const provider = certified.leaves[0]!.provider
    const api = await startNode()
    const page = () => api.get(ENDPOINTS.provider, { provider })
    /** The node looks at the chain twice a second at most, and answers 503 until it has read the clock there. */
    const pageOf = (epoch: number) => {
      const look = async () => {
        const shown = await page().catch((error: ApiError) => {
          if (error.answer.kind !== 'refused' || error.answer.status !== 503) throw error
        })
        return shown?.epoch === epoch ? shown : undefined
      }
      return poll(look, LOOK_MS, life.stopping)
    }
    expect(await pageOf(0)).to.include({ state: 'new', leaf: null, epoch: 0, claimKbps: 25_000 })
    const before = await live.snapshot()
    await hold(certified)
    const shown = await pageOf(1)
    expect(shown.leaf).to.deep.equal(leafJson(certified.leaves[0]!))
    expect(shown.bond.active).to.equal(shown.stake)
    const proof = await api.get(ENDPOINTS.proof, { provider, epoch: 'latest' })
    expect(proof.headerHash).to.equal(certified.headerHash)

    await live.revert(before)
    await live.rpc('evm_mine')
    expect(await pageOf(0)).to.include({ state: 'new', leaf: null })
    const other = live.certify(await live.runTo(1), ZERO_HASH, 0, [0, 1, 2, 3], { commonFailure: true })
    await hold(other)
    await pageOf(1)
    const again = await api.get(ENDPOINTS.proof, { provider, epoch: 'latest' })
    expect(again.headerHash).to.equal(other.headerHash)
  })
})
