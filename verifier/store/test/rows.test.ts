/** How reports and facts lie in the database: what is read of them, and what is written once. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Level } from 'level'
import { BallotIndex, PART_VOTES, providerOf } from '../../../proto/ballot-index.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { proofIn, verifyProof } from '../../../proto/merkle.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../core/facts.js'
import { encodeRewards } from '../../core/rewards/rewards.js'
import { encodeCarried, encodeCarryOver } from '../../core/scoring/carry-over.js'
import { leafTree } from '../../core/scoring/report.js'
import { account } from '../../core/test/samples.js'
import { FEW_LEAVES } from '../leaf-rows.js'
import type { HeldItems } from '../report-rows.js'
import { Store } from '../store.js'
import { longReport, posted } from './report-samples.js'
import { ballot, facts, putBallot } from './samples.js'

const PROVIDERS = 300

/** In the order of a ballot, and of bytes that do not compress. */
const randomVotes = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => {
    const vote = randomBytes(VOTE_BYTES)
    vote.writeUInt32BE(i, 44) // the first bytes of its provider
    return vote
  })

describe('the rows of a store', () => {
  let dataDir: string
  let store: Store
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bandwitness-rows-'))
    store = await Store.open(dataDir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(dataDir, { recursive: true })
  })
  const reopen = async () => {
    await store.close()
    store = await Store.open(dataDir, { mode: 'existing' })
  }
  /** The keys of a kind, and the bytes of their values together. */
  const rowsOf = async (kind: string) => {
    await store.close()
    const level = new Level<string, Uint8Array>(join(dataDir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view' })
    const rows = await level.iterator({ gte: `${kind}/`, lt: `${kind}/~` }).all()
    await level.close()
    store = await Store.open(dataDir, { mode: 'existing' })
    return { keys: rows.map(([key]) => key), bytes: rows.reduce((sum, [, value]) => sum + value.length, 0) }
  }
  const all = async (items: HeldItems | undefined) => {
    const read: Uint8Array[] = []
    for await (const item of items!) read.push(item)
    expect(items!.length).to.equal(read.length)
    expect(items!.bytes).to.equal(read.reduce((sum, { length }) => sum + length, 0))
    return read
  }

  describe('of a report', () => {
    const long = posted(longReport(5, PROVIDERS))

    it('hold its leaves and rewards once, whatever is written after', async () => {
      const { posted: _, ...computed } = long
      await store.putReport({ ...computed, posted: undefined })
      const before = await rowsOf('leaves')
      expect(before.keys).to.have.lengthOf(Math.ceil(PROVIDERS / 16))
      const [leaf] = encodeCarryOver({ ...long, windows: new Map() })
      expect(before.bytes).to.be.lessThan(1.6 * PROVIDERS * leaf!.length) // half of them have a window
      await store.putReport(long)
      expect(await rowsOf('leaves')).to.deep.equal(before)
      expect((await rowsOf('rewards')).keys).to.have.lengthOf(2)
      expect(await store.getReport(long.headerHash)).to.deep.equal(long)
    })

    it('are read one by one, in the order of the report', async () => {
      await store.putReport(long)
      await reopen()
      expect(await all(await store.reports.leaves(long.headerHash))).to.deep.equal(encodeCarryOver(long))
      expect(await all(await store.reports.rewards(long.headerHash))).to.deep.equal(encodeRewards(long.rewards))
      expect(await store.reports.leaves(ZERO_HASH)).to.equal(undefined)
      expect(await store.reports.rewards(ZERO_HASH)).to.equal(undefined)
    })

    it('that are pruned before they are read end with an error, and not early', async () => {
      await store.putReport(long)
      const items = await store.reports.leaves(long.headerHash)
      await store.prune(6)
      let error: unknown
      await all(items).catch(one => {
        error = one
      })
      expect(error).to.be.instanceOf(Error).with.property('message').that.includes('pruned')
      for (const kind of ['summary', 'leaves', 'rewards', 'epoch-of'])
        expect((await rowsOf(kind)).keys, kind).to.deep.equal([])
    })

    it('show each of its providers without the others', async () => {
      const { leaves, headerHash } = long
      await store.putReport(long)
      await reopen()
      for (const leaf of [leaves[0]!, leaves[15]!, leaves[16]!, leaves[PROVIDERS - 1]!]) {
        expect(await store.leavesOf(leaf.provider, { from: 1, to: 9, limit: 2 })).to.deep.equal([{ leaf, headerHash }])
        expect(await store.reports.leaf(headerHash, leaf.provider)).to.deep.equal(encodeCarried(long, leaf))
      }
      expect(await store.reports.leaf(headerHash, account('nobody'))).to.equal(undefined)
      expect(await store.reports.leaf(ZERO_HASH, leaves[0]!.provider)).to.equal(undefined)
    })

    it('hold the tree of many leaves, which proves each of them, and none of few', async () => {
      const few = posted(longReport(6, FEW_LEAVES))
      await store.putReport(long)
      await store.putReport(few)
      expect(await store.reports.tree(few.headerHash)).to.equal(undefined)
      expect(await store.reports.tree(ZERO_HASH)).to.equal(undefined)
      await reopen()
      const nodes = (await store.reports.tree(long.headerHash))!
      for (const leaf of [long.leaves[0]!, long.leaves[PROVIDERS - 1]!]) {
        const encoded = encodeLeaf(leaf)
        expect(verifyProof(leafTree(long.leaves).root, encoded, proofIn(nodes, encoded)!)).to.equal(true)
      }
      expect(proofIn(nodes, encodeLeaf(few.leaves[0]!))).to.equal(undefined)
      await store.prune(7)
      expect((await rowsOf('leaf-tree')).keys).to.deep.equal([])
    })

    it('show the leaves of a provider under every index that it had', async () => {
      const provider = account('provider 0')
      const later = posted(longReport(6, 2))
      const moved = { ...later, leaves: later.leaves.map(leaf => ({ ...leaf, index: leaf.index + 5000 })) }
      await store.putReport(long)
      await store.putReport(moved)
      await reopen()
      const held = await store.leavesOf(provider, { from: 1, to: 9, limit: 5 })
      expect(held.map(({ leaf }) => [leaf.epoch, leaf.index])).to.deep.equal([
        [6, 5001],
        [5, 1],
      ])
    })
  })

  describe('of a ballot', () => {
    const EPOCH = 5
    const put = async (votes: readonly Uint8Array[]) => {
      const { root } = BallotIndex.of(votes)
      await putBallot(store, { ...ballot(EPOCH, 'large'), root: fromHex(root), votes: [...votes] })
      return root
    }

    it('hold its tree if it has several parts, and prove any of its votes after a restart', async () => {
      const votes = randomVotes(2 * PART_VOTES + 1)
      const root = await put(votes)
      expect((await rowsOf('ballot-tree')).keys).to.have.lengthOf(1)
      expect(await store.ballots.count(root)).to.equal(votes.length)
      const nodes = (await store.ballots.tree(root))!
      for (const vote of [votes[0]!, votes[PART_VOTES]!, votes.at(-1)!]) {
        expect(await store.ballots.vote(root, providerOf(vote))).to.deep.equal(Uint8Array.from(vote))
        expect(verifyProof(root, vote, proofIn(nodes, vote)!)).to.equal(true)
      }
      await store.prune(EPOCH + 1)
      expect((await rowsOf('ballot')).keys.concat((await rowsOf('ballot-tree')).keys)).to.deep.equal([])
    })

    it('prove the votes of a ballot without the row, of one part or of an earlier version', async () => {
      const few = randomVotes(3)
      const root = await put(few)
      expect((await rowsOf('ballot-tree')).keys).to.deep.equal([])
      expect(verifyProof(root, few[1]!, proofIn((await store.ballots.tree(root))!, few[1]!)!)).to.equal(true)
      const many = randomVotes(PART_VOTES + 1)
      const large = await put(many)
      await store.close()
      const level = new Level<string, Uint8Array>(join(dataDir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view' })
      await level.clear({ gte: 'ballot-tree/', lt: 'ballot-tree/~' })
      await level.close()
      store = await Store.open(dataDir, { mode: 'existing' })
      expect(verifyProof(large, many[9]!, proofIn((await store.ballots.tree(large))!, many[9]!)!)).to.equal(true)
    })
  })

  it('give back the room of what was pruned', async () => {
    const bytes = async () => {
      const files = await readdir(join(dataDir, 'db'))
      const sizes = await Promise.all(files.map(async name => (await stat(join(dataDir, 'db', name))).size))
      return sizes.reduce((sum, size) => sum + size)
    }
    const KEPT = 8
    const sizes: number[] = []
    for (let epoch = 1; epoch <= 64; epoch++) {
      await store.putReport(posted(longReport(epoch, 50)))
      await putBallot(store, { ...ballot(epoch, `ballot ${epoch}`), votes: randomVotes(100) })
      await store.prune(epoch - KEPT)
      if (epoch % 16 !== 0) continue
      await reopen() // moves the log into a table
      sizes.push(await bytes())
    }
    expect(Math.max(...sizes)).to.be.below(1.5 * sizes[0]!)
  })

  describe('of facts', () => {
    const many = (epoch: number, over: Partial<ChainFacts> = {}): ChainFacts => ({
      ...facts(epoch, `block ${epoch}`),
      providers: Array.from({ length: PROVIDERS }, (_, i) => ({
        ...facts(epoch, 'block').providers[0]!,
        ...{ index: i + 1, account: account(`provider ${i}`) },
      })),
      ...over,
    })

    it('come back as they were, with everything that facts can hold', async () => {
      const reveal = { provider: account('decoy'), firstEpoch: 3, lastEpoch: 4, seed: keccakText('seed') }
      const rich = many(70, {
        paidReport: {
          ...{ epoch: 68, headerHash: keccakText('paid'), nonSigners: [0, 3], reveals: [reveal] },
          covered: [{ epoch: 67, headerHash: keccakText('covered') }],
        },
        ...{ linkReport: { epoch: 60, headerHash: keccakText('links') }, rewardsFunded: 10n ** 25n },
      })
      await store.putFacts(rich)
      await reopen()
      expect(await store.getFacts(70, rich.blockHash)).to.deep.equal(rich)
    })

    it('write a list once, and then only the part of it that changed', async () => {
      await store.putFacts(many(64))
      const first = await rowsOf('facts-part')
      expect(first.keys).to.have.lengthOf(1 + Math.ceil(PROVIDERS / 128))
      await store.putFacts(many(65, { paidReport: { ...NO_PAID_REPORT, nonSigners: [1] } }))
      expect(await rowsOf('facts-part')).to.deep.equal(first)
      const slashed = many(66).providers.map((one, i) => (i === 200 ? { ...one, stake: 1n } : one))
      await store.putFacts(many(66, { providers: slashed }))
      expect((await rowsOf('facts-part')).keys).to.have.lengthOf(first.keys.length + 1)
      expect((await store.getFacts(66, keccakText('block 66')))?.providers).to.deep.equal(slashed)
      expect(await store.getFacts(65, keccakText('block 65'))).to.deep.include({ providers: many(65).providers })
    })

    it('are kept whole when epochs before them are pruned', async () => {
      for (const epoch of [63, 64, 127, 128]) await store.putFacts(many(epoch))
      for (const epoch of [64, 127, 128]) {
        await store.prune(epoch)
        await reopen()
        for (const kept of [64, 127, 128].filter(one => one >= epoch))
          expect(await store.getFacts(kept, keccakText(`block ${kept}`)), `${kept}`).to.deep.equal(many(kept))
        expect(await store.getFacts(epoch - 1, keccakText(`block ${epoch - 1}`))).to.equal(undefined)
      }
      expect((await rowsOf('facts-part')).keys).to.have.lengthOf(4)
    })
  })
})
