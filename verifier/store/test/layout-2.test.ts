/** A data directory of layout 2, which kept reports and facts as JSON, becomes one of layout 3. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Level } from 'level'
import { keccakText } from '../../../proto/hash.js'
import { toHex } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { GossipItem, WholeBallot } from '../../../proto/messages.js'
import { encodeRewards } from '../../core/rewards/rewards.js'
import { encodeCarryOver } from '../../core/scoring/carry-over.js'
import { encodeJson } from '../json.js'
import { epochName } from '../layout.js'
import { seal } from '../sealed.js'
import { Store, type StoredReport } from '../store.js'
import { CrashStates, withWrites } from './crashes.js'
import { expectFault } from './faults.js'
import { longReport, posted, report } from './report-samples.js'
import { ballot, facts, storedBallot } from './samples.js'

const OLD_KINDS = ['facts', 'report', 'report-of', 'leaf', 'certificate']
const heard = GossipItem.encode({ kind: 'commit', data: Uint8Array.of(1) })
const REPORTS: StoredReport[] = [posted(report(3)), posted(longReport(4, 40)), report(5)]
const FACTS = [3, 4, 70].map(epoch => facts(epoch, `block ${epoch}`))

const BALLOTS = [ballot(3, 'one'), ballot(4, 'two')]
const UNREADABLE = { ...ballot(4, 'three'), votes: [new Uint8Array(64)] }

describe('a data directory of layout 2', () => {
  let parent: string
  let dataDir: string
  const levelIn = (dir: string) =>
    new Level<string, Uint8Array>(join(dir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view', compression: false })
  const keysOf = async (dir: string, kind: string) => {
    const level = levelIn(dir)
    const keys = await level.keys({ gte: `${kind}/`, lt: `${kind}/~` }).all()
    await level.close()
    return keys
  }

  /** Writes a directory as the previous version did. */
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bandwitness-layout-'))
    dataDir = join(parent, 'verifier')
    const store = await Store.open(dataDir, { mode: 'create' })
    await store.recordSigned('report/3/0', keccakText('a'))
    await store.putGossip(3, heard)
    await store.close()
    const level = levelIn(dataDir)
    const put = (key: string, value: Uint8Array) => level.put(key, seal(key, value))
    await put('meta/version', new TextEncoder().encode('2'))
    for (const one of FACTS) await put(`facts/${epochName(one.epoch)}/${one.blockHash}`, encodeJson(one))
    for (const [i, one] of REPORTS.entries()) {
      const { leaves, rewards, soakVotes: _, windows: __, ...summary } = one
      const encoded = { leaves: encodeCarryOver(one).map(toHex), rewards: encodeRewards(rewards).map(toHex) }
      const of = `${epochName(one.header.epoch)}/${one.headerHash}`
      await put(`report/${one.headerHash}`, encodeJson({ ...summary, ...encoded }))
      await put(`report-of/${of}`, i === 0 ? new Uint8Array() : encodeJson(summary)) // an older version wrote it
      if (one.posted) for (const leaf of leaves) await put(`leaf/${leaf.provider}/${of}`, encodeLeaf(leaf))
    }
    for (const one of [...BALLOTS, UNREADABLE]) {
      await put(`ballot/${toHex(one.root)}`, WholeBallot.encode(one))
      await put(`ballot-of/${epochName(one.epoch)}/${toHex(one.root)}`, new Uint8Array())
    }
    await put(`certificate/${epochName(3)}`, Uint8Array.of(1))
    await level.close()
  })
  afterEach(() => rm(parent, { recursive: true }))

  const expectMoved = async (say: string, starts = 1) => {
    for (let start = 0; start < starts; start++) {
      const store = await Store.open(dataDir, { mode: 'existing' })
      for (const one of REPORTS) {
        expect(await store.getReport(one.headerHash), say).to.deep.equal(one)
        const { leaves: _, rewards: __, soakVotes: ___, windows: ____, ...summary } = one
        expect(await store.reportSummary(one.header.epoch, one.headerHash), say).to.deep.equal(summary)
      }
      for (const one of FACTS) expect(await store.getFacts(one.epoch, one.blockHash), say).to.deep.equal(one)
      for (const one of BALLOTS) expect(await storedBallot(store, toHex(one.root)), say).to.deep.equal(one)
      expect(await storedBallot(store, toHex(UNREADABLE.root)), say).to.equal(undefined)
      expect(await store.ballots.headsOf(4), say).to.have.lengthOf(1)
      const [, long] = REPORTS
      for (const leaf of [long!.leaves[0]!, long!.leaves[39]!]) {
        const held = await store.leavesOf(leaf.provider, { from: 1, to: 9, limit: 9 })
        expect(held, say).to.deep.equal([{ leaf, headerHash: long!.headerHash }])
      }
      expect((await store.lastPosted())?.headerHash, say).to.equal(long!.headerHash)
      expect(await store.heardGossip(3), say).to.deep.equal([GossipItem.decode(heard)])
      expect(await store.recordSigned('report/3/0', keccakText('a')), say).to.equal('same')
      await store.close()
    }
    for (const kind of OLD_KINDS) expect(await keysOf(dataDir, kind), kind).to.deep.equal([])
  }

  it('is moved, and loses only certificates that nobody reads, and ballots that nobody can', () =>
    expectMoved('as it was', 2))

  it('is moved on from every state in which a crash can leave it', async function () {
    this.timeout(300_000)
    const states = new CrashStates(dataDir, parent)
    const database = withWrites(levelIn(dataDir), async write => {
      await states.keep()
      await write()
    })
    await (await Store.open(dataDir, { mode: 'existing', database })).close()
    await states.keep()
    expect(states.paths.length).to.be.greaterThan(2 * (REPORTS.length + FACTS.length + BALLOTS.length))
    for (const state of states.paths) {
      await rm(dataDir, { recursive: true })
      await cp(state, dataDir, { recursive: true })
      await expectMoved(state)
    }
  })

  it('is refused, and keeps its rows, if one of them is of a version before', async () => {
    const key = `facts/${epochName(3)}/${FACTS[0]!.blockHash}`
    const { windowBeacon: _, ...older } = FACTS[0]!
    const level = levelIn(dataDir)
    await level.put(key, seal(key, encodeJson(older)))
    await level.close()
    await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', dataDir, key, 'cannot be read', 'Restore')
    expect(await keysOf(dataDir, 'facts')).to.include(key)
  })

  it('is refused, and keeps its rows, if one of them is damaged', async () => {
    const level = levelIn(dataDir)
    const key = `report/${REPORTS[1]!.headerHash}`
    const value = await level.get(key)
    value![100]! ^= 1
    await level.put(key, value!)
    await level.close()
    for (const _start of [1, 2]) {
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', dataDir, key, 'Restore')
      expect(await keysOf(dataDir, 'report')).to.include(key)
    }
  })
})

describe('a data directory of a layout that this program does not know', () => {
  it('is refused, and stays as it is', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bandwitness-layout-'))
    await (await Store.open(dir, { mode: 'create' })).close()
    const level = new Level<string, Uint8Array>(join(dir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view' })
    const later = seal('meta/version', new TextEncoder().encode('4'))
    await level.put('meta/version', later)
    await level.close()
    await expectFault(Store.open(dir, { mode: 'existing' }), 'missing', 'its layout is 4', 'knows only 3')
    await level.open()
    expect(await level.get('meta/version')).to.deep.equal(later)
    await level.close()
    await rm(dir, { recursive: true })
  })
})
