import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Level } from 'level'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { Ballot, GossipItem, OpeningFault } from '../../../proto/messages.js'
import { account } from '../../core/test/samples.js'
import { SigningConflict } from '../errors.js'
import { Store } from '../store.js'
import { expectFault, failure } from './faults.js'
import { leaf, posted, report } from './report-samples.js'
import { ballot, facts, putBallot, storedBallot } from './samples.js'

const fault = (epoch: number): OpeningFault => ({
  ...{ sessionId: fromHex(keccakText('session')), epoch, receiver: 1, slot: 2, key: new Uint8Array(16) },
  ...{ chunkRoot: fromHex(ZERO_HASH), rootSignature: new Uint8Array(64), reason: 'chunk 3 is not what was sent' },
  openings: {
    slotRoots: [],
    treeRoot: fromHex(ZERO_HASH),
    held: new Uint8Array(),
    openings: [],
    signature: new Uint8Array(64),
  },
})

/** no epoch of these tests is newer */
const NEWEST = 1000

describe('store', () => {
  let parent: string
  let dataDir: string
  let dir: string
  let store: Store
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bandwitness-store-'))
    dataDir = join(parent, 'verifier')
    dir = join(dataDir, 'db')
    store = await Store.open(dataDir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(parent, { recursive: true })
  })
  const reopen = async () => {
    await store.close()
    store = await Store.open(dataDir, { mode: 'existing' })
  }

  describe('record of what was signed', () => {
    it('holds one digest per slot, for ever', async () => {
      expect(await store.recordSigned('report/7/0', keccakText('a'))).to.equal('recorded')
      expect(await store.recordSigned('report/7/0', keccakText('a'))).to.equal('same')
      expect(await store.recordSigned('report/7/1', keccakText('b'))).to.equal('recorded')
      await store.prune(1000)
      await reopen()
      expect(await store.recordSigned('report/7/0', keccakText('a'))).to.equal('same')
      expect(await failure(store.recordSigned('report/7/0', keccakText('b')))).to.be.instanceOf(SigningConflict)
    })

    it('records one of many concurrent digests for a slot', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uuid(), fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2 }), async (slot, names) => {
          const asked = names.map(name => store.recordSigned(slot, keccakText(name)))
          const results = await Promise.allSettled(asked)
          for (const [index, result] of results.entries()) {
            expect(result.status).to.equal(names[index] === names[0] ? 'fulfilled' : 'rejected')
          }
        }),
        { numRuns: 20 },
      )
    })
  })

  describe('contents', () => {
    it('stay the same, also after a restart', async () => {
      await putBallot(store, ballot(3, 'one'), true)
      await store.putFacts(facts(3, 'three'))
      await store.putReport(report(3))
      await reopen()
      expect(await storedBallot(store, keccakText('one'))).to.deep.equal(ballot(3, 'one'))
      expect(await storedBallot(store, keccakText('two'))).to.equal(undefined)
      expect(await store.getFacts(3, keccakText('three'))).to.deep.equal(facts(3, 'three'))
      expect(await store.getFacts(3, keccakText('four'))).to.equal(undefined)
      expect(await store.getReport(report(3).headerHash)).to.deep.equal(report(3))
      expect(await store.getReport(ZERO_HASH)).to.equal(undefined)
    })

    it('of a report include its posting', async () => {
      const { header, headerHash } = report(3)
      const posted = {
        header,
        headerHash,
        round: 1,
        nonSigners: [2],
        txHash: ZERO_HASH,
        blockNumber: 9,
        gasUsed: 240_000,
      }
      await store.putReport(report(3))
      await store.putReport({ ...report(3), posted })
      expect(await store.getReport(headerHash)).to.deep.equal({ ...report(3), posted })
      await reopen() // what is at hand without a restart is what is on the disk
      expect(await store.getReport(headerHash)).to.deep.equal({ ...report(3), posted })
    })

    it('of a provider through many reports are read without the reports, and go with them', async () => {
      const { provider } = leaf(1, 0)
      for (const epoch of [3, 4, 5, 11]) await store.putReport(posted(report(epoch)))
      await store.putReport(report(6)) // the chain has not accepted it
      const epochs = async (from: number, to: number, limit = 10) =>
        (await store.leavesOf(provider, { from, to, limit })).map(one => one.leaf.epoch)
      await reopen()
      expect(await epochs(1, 99)).to.deep.equal([11, 5, 4, 3])
      expect(await epochs(4, 5)).to.deep.equal([5, 4])
      expect(await epochs(1, 99, 2)).to.deep.equal([11, 5])
      expect(await store.leavesOf(account('nobody'), { from: 1, to: 99, limit: 9 })).to.deep.equal([])
      const [held] = await store.leavesOf(provider, { from: 5, to: 5, limit: 1 })
      expect(held).to.deep.equal({ leaf: report(5).leaves[0], headerHash: report(5).headerHash })
      const { leaves: _, rewards: __, soakVotes: ___, windows: ____, ...summary } = posted(report(5))
      expect(await store.reportSummary(5, report(5).headerHash)).to.deep.equal(summary)
      await store.prune(5)
      expect(await epochs(1, 99)).to.deep.equal([11, 5])
      await store.prune(1000)
      expect(await epochs(1, 99)).to.deep.equal([])
    })

    it('order facts by the number of their epoch, not by its digits', async () => {
      expect(await store.latestFacts()).to.equal(undefined)
      for (const epoch of [9, 100, 10]) await store.putFacts(facts(epoch, String(epoch)))
      expect((await store.latestFacts())?.epoch).to.equal(100)
    })

    it('hold each heard item once, by epoch, in the order of the phases', async () => {
      const item = (kind: string, data: Uint8Array) => ({ kind, data })
      const [partial, commit] = [item('partial', Uint8Array.of(1)), item('commit', Uint8Array.of(2))]
      const told = item('ballot', Ballot.encode(ballot(11, 'told')))
      for (const one of [partial, commit, told, commit]) await store.putGossip(11, GossipItem.encode(one))
      await store.putGossip(1, GossipItem.encode(item('commit', Uint8Array.of(9))))
      expect(await store.heardGossip(11)).to.deep.equal([commit, told, partial])
      expect(await store.heardGossip(1)).to.deep.equal([item('commit', Uint8Array.of(9))])
      expect(await store.heardGossip(2)).to.deep.equal([])
      const names = await store.gossipNames(11)
      const items = await Promise.all(names.map(one => store.gossipItem(one)))
      expect(items).to.deep.equal([commit, told, partial].map(one => GossipItem.encode(one)))
      for (const [i, one] of names.entries()) expect(one.bytes).to.be.closeTo(items[i]!.length, 16)
    })

    it('hold the votes of a heard ballot once, and give them back with it', async () => {
      const told = ballot(11, 'told')
      const root = toHex(told.root)
      const item = (data: Uint8Array) => GossipItem.encode({ kind: 'ballot', data })
      await store.putGossip(11, item(Ballot.encode({ ...told, votes: [] }))) // announced, as a large one
      expect(await store.heardGossip(11)).to.deep.equal([
        GossipItem.decode(item(Ballot.encode({ ...told, votes: [] }))),
      ])
      expect(await storedBallot(store, root)).to.equal(undefined)
      await store.putGossip(11, item(Ballot.encode(told)))
      await reopen()
      expect(await storedBallot(store, root)).to.deep.equal(told)
      expect(await store.heardGossip(11)).to.deep.equal([GossipItem.decode(item(Ballot.encode(told)))])
      await store.close()
      const level = new Level<string, Uint8Array>(dir, { keyEncoding: 'utf8', valueEncoding: 'view' })
      const rows = await level.values({ gte: 'gossip/', lt: 'gossip/~' }).all()
      await level.close()
      store = await Store.open(dataDir, { mode: 'existing' })
      expect(rows).to.have.lengthOf(1)
      expect(rows[0]!.length).to.be.lessThan(told.votes[0]!.length)
    })

    it('of earlier epochs are forgotten when pruned, and no others', async () => {
      for (const epoch of [9, 10, 100]) {
        await putBallot(store, ballot(epoch, String(epoch)))
        await store.putFacts(facts(epoch, String(epoch)))
        await store.putReport(report(epoch))
        await store.putGossip(epoch, GossipItem.encode({ kind: 'commit', data: Uint8Array.of(epoch) }))
        await store.putTranscript(epoch, fromHex(keccakText(`session ${epoch}`)), Uint8Array.of(epoch))
        await store.putOpeningFault(epoch, fromHex(keccakText('session')), OpeningFault.encode(fault(epoch)))
      }
      await store.prune(100)
      for (const epoch of [9, 10, 100]) {
        const kept = epoch === 100
        expect((await storedBallot(store, keccakText(String(epoch)))) !== undefined).to.equal(kept)
        expect((await store.getFacts(epoch, keccakText(String(epoch)))) !== undefined).to.equal(kept)
        expect((await store.getReport(report(epoch).headerHash)) !== undefined).to.equal(kept)
        expect(await store.heardGossip(epoch)).to.have.lengthOf(kept ? 1 : 0)
        const transcript = kept ? Uint8Array.of(epoch) : undefined
        expect(await store.getTranscript(keccakText(`session ${epoch}`), NEWEST)).to.deep.equal(transcript)
      }
      expect(await store.openingFaults()).to.deep.equal([fault(100)])
    })
  })

  describe('transcripts', () => {
    const COUNT = 60
    const BODY_BYTES = 300_000
    const session = (i: number) => keccakText(`session ${i}`)
    const body = (i: number) => new Uint8Array(BODY_BYTES).fill(i)
    const fill = async () => {
      for (let i = 0; i < COUNT; i++) await store.putTranscript(1 + (i % 4), fromHex(session(i)), body(i))
    }
    const files = async () => {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true })
      return entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    }
    const fileOf = async (i: number) => (await files()).find(path => path.endsWith(session(i)))!

    it('stay the same, also after a restart, and after a second write', async () => {
      await fill()
      await store.putTranscript(3, fromHex(session(2)), body(7))
      await reopen()
      expect(await store.getTranscript(session(0), NEWEST)).to.deep.equal(body(0))
      expect(await store.getTranscript(session(COUNT - 1), NEWEST)).to.deep.equal(body(COUNT - 1))
      expect(await store.getTranscript(session(2), NEWEST)).to.deep.equal(body(7))
      expect(await store.getTranscript(session(COUNT), NEWEST)).to.equal(undefined)
    })

    it('are found only in the epochs that are asked for', async () => {
      await store.putTranscript(10, fromHex(session(0)), body(0))
      expect(await store.getTranscript(session(0), 9)).to.equal(undefined)
      expect(await store.getTranscript(session(0), 10)).to.deep.equal(body(0))
      expect(await store.getTranscript(session(0), -1)).to.equal(undefined)
    })

    it('are not read when the store opens', async () => {
      await fill()
      await store.close()
      const bodies = await Promise.all(Array.from({ length: COUNT }, (_, i) => fileOf(i)))
      const others = (await files()).filter(path => !bodies.includes(path))
      const sizes = await Promise.all(others.map(async path => (await stat(path)).size))
      expect(sizes.reduce((sum, size) => sum + size)).to.be.lessThan(BODY_BYTES)
      // No read would accept this file.
      for (const path of bodies) {
        await rm(path)
        await mkdir(path)
      }
      store = await Store.open(dataDir, { mode: 'existing' })
      expect(await failure(store.getTranscript(session(0), NEWEST))).to.include({ code: 'EISDIR' })
    })

    it('that are damaged are found when they are read, with the fault of a damaged database', async () => {
      await fill()
      const path = await fileOf(5)
      const whole = await readFile(path)
      const flipped = Buffer.from(whole)
      flipped[BODY_BYTES >> 1]! ^= 1
      for (const bad of [flipped, whole.subarray(0, -1), whole.subarray(0, 2), Buffer.alloc(0)]) {
        await writeFile(path, bad)
        await reopen()
        await expectFault(store.getTranscript(session(5), NEWEST), 'damaged', path, 'kept', 'go on')
      }
      await writeFile(path, await readFile(await fileOf(6))) // another's
      await expectFault(store.getTranscript(session(5), NEWEST), 'damaged')
      expect(await store.getTranscript(session(6), NEWEST)).to.deep.equal(body(6))
      expect(await store.recordSigned('report/1/0', keccakText('a'))).to.equal('recorded')
    })

    it('whose writing was interrupted are missing, and disappear with their epoch', async () => {
      await fill()
      const path = await fileOf(0)
      await rename(path, `${path}.partial`)
      await reopen()
      expect(await store.getTranscript(session(0), NEWEST)).to.equal(undefined)
      await store.prune(2)
      expect((await files()).filter(name => name.includes('partial'))).to.deep.equal([])
      expect(await store.getTranscript(session(4), NEWEST)).to.equal(undefined)
      expect(await store.getTranscript(session(1), NEWEST)).to.deep.equal(body(1))
    })
  })
})
