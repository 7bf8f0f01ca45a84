/** The thread that computes: the same as without one, whatever happens meanwhile. Real threads. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import pino from 'pino'
import { headerHash } from '../../../../proto/digests.js'
import { keccakText } from '../../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../../proto/hex.js'
import { ThreadDied } from '../../../../proto/thread.js'
import { VOTE_BYTES, type Vote } from '../../../../proto/vote.js'
import { type Assignment, assign } from '../../../core/assignment/assign.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../../core/facts.js'
import { nextRewards } from '../../../core/rewards/next-rewards.js'
import { type Rewards, rewardsTree } from '../../../core/rewards/rewards.js'
import { type EpochWork, WorkTally } from '../../../core/rewards/work.js'
import type { CountedBallot } from '../../../core/scoring/ballots.js'
import { buildReport } from '../../../core/scoring/report.js'
import { RandomNetwork } from '../../../core/test/random-network.js'
import { encodedBallots } from '../../../core/test/samples.js'
import { NETWORK } from '../../../net/test/network.js'
import { Store } from '../../../store/store.js'
import { GENESIS_STATE } from '../../report-computer.js'
import { openComputation } from '../../test/computing.js'
import { type Computation, type HeldBallot, type ReadPart, startDesk } from '../computation.js'
import type { Before, ComputedReport } from '../desk.js'

const FUNDED = 10n ** 21n
/** Votes of a part: many slices. */
const PART = 7

/** A network, of which the direct way knows all. */
class World {
  readonly network: RandomNetwork
  readonly ballots = new Map<Hex, Uint8Array>()
  readonly #works = new Map<Hex, EpochWork>()

  constructor(seed: number, { verifiers, providers } = { verifiers: 9, providers: 60 }) {
    const params = { windowEpochs: 3, eraEpochs: 6, soakShareBps: 3000 }
    this.network = new RandomNetwork({ seed, verifiers, providers, params })
  }

  get params() {
    return this.network.params
  }

  readonly readPart: ReadPart = async (root, part) =>
    this.ballots.get(root)?.subarray(part * PART * VOTE_BYTES, (part + 1) * PART * VOTE_BYTES)

  facts(epoch: number, over: Partial<ChainFacts> = {}): ChainFacts {
    return { ...this.network.facts(epoch), blockHash: keccakText(`B(${epoch})`), rewardsFunded: FUNDED, ...over }
  }

  cast(facts: ChainFacts, assignment: Assignment): readonly (HeldBallot & CountedBallot)[] {
    const inOrder = this.network.ballots(facts, assignment).map(({ verifier, votes }) => ({
      verifier,
      votes: [...new Map(votes.map(vote => [vote.provider, vote])).values()].sort(byProvider),
    }))
    return encodedBallots(inOrder).map(ballot => {
      const root = keccakText(toHex(ballot.votes).slice(0, 10_000) + ballot.verifier)
      this.ballots.set(root, ballot.votes)
      return { ...ballot, root, parts: Math.ceil(ballot.votes.length / VOTE_BYTES / PART) }
    })
  }

  /** Without a thread. */
  direct(
    facts: ChainFacts,
    previous: Before,
    ballots: readonly (HeldBallot & CountedBallot)[],
    works: readonly Hex[],
  ): ComputedReport & Before {
    const { params } = this
    const assignment = assign(facts, params)
    const ballotSet = ballots.map(({ verifier, root }) => ({ verifier, root }))
    const [work, ...covered] = works.map(hash => this.#works.get(hash)!)
    const paid = { params, fundedWei: facts.rewardsFunded, previous: previous.rewards, paidReport: facts.paidReport }
    const rewards: Rewards = work ? nextRewards({ ...paid, work, covered }).rewards : previous.rewards
    const input = { params, facts, assignment, previous, ballots, ballotSet, previousHeader: previous.headerHash }
    const tally = new WorkTally(input)
    const report = buildReport({ ...input, rewardsRoot: rewardsTree(rewards).root }, tally.add)
    const hash = headerHash(NETWORK, report.header)
    this.#works.set(hash, tally.work(report))
    return { ...report, rewards, epoch: facts.epoch, headerHash: hash }
  }
}

const byProvider = (a: Vote, b: Vote): number => (a.provider < b.provider ? -1 : 1)

/** As a report is answered. */
const answered = ({ epoch: _, headerHash: __, ...report }: ComputedReport & Before): ComputedReport => report

describe('the thread that computes', function () {
  this.timeout(60_000)
  let computation: Computation
  let workers: Worker[]
  let stop: AbortController
  let lines: { level: number; msg: string; error?: string }[]
  beforeEach(() => {
    workers = []
    lines = []
    stop = new AbortController()
  })
  afterEach(() => computation.end())

  const open = (world: World, readPart: ReadPart = world.readPart, start: typeof startDesk = startDesk) => {
    computation = openComputation(world.params, {
      ...{ readPart, stopping: stop.signal },
      log: pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }),
      start: settings => {
        workers.push(start(settings))
        return workers.at(-1)!
      },
    })
  }

  const seeds = [1, 2]
  for (const seed of seeds) {
    it(`computes what the main thread would, epoch after epoch (seed ${seed})`, async () => {
      const world = new World(seed)
      open(world)
      let before: ComputedReport & Before = { ...(GENESIS_STATE as unknown as ComputedReport & Before) }
      const headers: Hex[] = []
      for (const epoch of [1, 2, 3, 4, 6, 7]) {
        const [paid, other] = [headers.at(-2), headers.at(-3)]
        const paidReport = {
          ...{ ...NO_PAID_REPORT, epoch: 1, headerHash: paid ?? ZERO_HASH, nonSigners: [1] },
          covered: other === undefined ? [] : [{ epoch: 1, headerHash: other }],
        }
        const facts = world.facts(epoch, paid === undefined ? {} : { paidReport })
        const assignment = assign(facts, world.params)
        const plan = await computation.assign(facts)
        const [{ account }] = facts.providers as [ChainFacts['providers'][0]]
        expect(plan.assignedOf(account)).to.deep.equal(assignment.assignedOf(account))
        const ballots = world.cast(facts, assignment)
        expect(Math.max(...ballots.map(({ parts }) => parts))).to.be.above(5)
        const works = paid === undefined ? [] : [paid, ...(other === undefined ? [] : [other])]
        const expected = world.direct(facts, before, ballots, works)
        expect(await computation.report({ facts, before, ballots }, works)).to.deep.equal(answered(expected))
        expect(await computation.lacksWork([expected.headerHash, ZERO_HASH])).to.deep.equal([ZERO_HASH])
        before = expected
        headers.push(expected.headerHash)
      }
      expect(before.rewards.length, 'accounts that earned').to.be.above(5)
      expect(before.leaves.some(leaf => leaf.penaltyBps > 0 || leaf.soakVotes !== ZERO_HASH)).to.equal(true)
      expect([workers.length, lines]).to.deep.equal([1, []])
    })
  }

  /** One epoch of a world, and its report. */
  const epochOf = (world: World, epoch = 1, over: Partial<ChainFacts> = {}) => {
    const facts = world.facts(epoch, over)
    const ballots = world.cast(facts, assign(facts, world.params))
    return { voted: { facts, before: GENESIS_STATE, ballots }, report: world.direct(facts, GENESIS_STATE, ballots, []) }
  }

  it('is replaced if it is killed in the middle of a report, which is then computed once more', async () => {
    const world = new World(3)
    let parts = 0
    open(world, async (root, part) => {
      if (++parts === 20) await workers[0]!.terminate()
      return world.readPart(root, part)
    })
    const { voted, report } = epochOf(world)
    expect(await computation.twice(() => computation.report(voted, []))).to.deep.equal(answered(report))
    expect(workers).to.have.length(2)
    expect(lines.map(({ msg }) => msg)).to.deep.equal([
      'the thread that computes reports has died; its work is done again',
    ])
  })

  it('fails what it dies of twice, for lack of memory, and says so in one line', async () => {
    const world = new World(4)
    const hungry = `const held = []
      require('node:worker_threads').parentPort.on('message', () => { for (;;) held.push(new Array(1e5).fill(held.length)) })`
    open(
      world,
      world.readPart,
      () => new Worker(hungry, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } }),
    )
    const error = await computation.assign(world.facts(1)).catch((one: unknown) => one)
    expect(error).to.be.instanceOf(ThreadDied)
    expect(lines.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [40, 'the thread that computes reports has died; its work is done again'],
      [50, 'the thread that computes reports has died twice of the same work'],
    ])
    expect(lines[1]!.error).to.include('memory')
  })

  it('knows facts by B(e): a reorganisation between assignment and report', async () => {
    const world = new World(5)
    open(world)
    await computation.assign(world.facts(1))
    const moved = { blockHash: keccakText('another B(1)'), beacon: keccakText('another beacon') }
    const { voted, report } = epochOf(world, 1, moved)
    expect(await computation.report(voted, [])).to.deep.equal(answered(report))
  })

  it('is told again what it does not keep any more', async () => {
    const world = new World(6)
    open(world)
    const { voted, report } = epochOf(world)
    for (const epoch of [1, 2, 3, 4, 5, 6]) await computation.assign(world.facts(epoch))
    expect(await computation.report(voted, [])).to.deep.equal(answered(report))
  })

  it('keeps two reports apart that are asked for at once', async () => {
    const world = new World(7)
    open(world)
    const { voted } = epochOf(world)
    const fewer = { ...voted, ballots: voted.ballots.slice(2) }
    const moved = epochOf(world, 1, { blockHash: keccakText('another B(1)') })
    const all = await Promise.all([voted, fewer, moved.voted].map(one => computation.report(one, [])))
    const expected = [voted, fewer].map(({ facts, ballots }) => world.direct(facts, GENESIS_STATE, ballots, []))
    expect(all).to.deep.equal([...expected, moved.report].map(answered))
  })

  it('gives up a report without work that it pays for, and goes on', async () => {
    const world = new World(8)
    open(world)
    const { voted, report } = epochOf(world)
    expect(await computation.report(voted, [keccakText('nobody’s work')])).to.equal(undefined)
    expect(await computation.report(voted, [])).to.deep.equal(answered(report))
  })

  it('gives up a report of which a ballot is pruned from the store while it is read, and goes on', async () => {
    const world = new World(9, { verifiers: 4, providers: 600 }) // three parts as the store has them
    const dir = await mkdtemp(join(tmpdir(), 'bandwitness-desk-'))
    const store = await Store.open(dir, { mode: 'create' })
    try {
      const { voted, report } = epochOf(world)
      const put = async () => {
        for (const { verifier, root } of voted.ballots) {
          const bytes = world.ballots.get(root)!
          const votes = Array.from({ length: bytes.length / VOTE_BYTES }, (_, i) =>
            bytes.subarray(i * VOTE_BYTES, (i + 1) * VOTE_BYTES),
          )
          const head = { epoch: 1, verifier, root: fromHex(root), signature: new Uint8Array(96) }
          await store.ballots.put({ ...head, schedule: new Uint8Array(96) }, votes, false)
        }
      }
      await put()
      let isPruned = false
      open(world, async (root, part) => {
        if (part === 2 && !isPruned) {
          isPruned = true
          await store.prune(2)
        }
        return store.ballots.wholePart(root, part)
      })
      const parts = await Promise.all(voted.ballots.map(({ root }) => store.ballots.parts(root)))
      const ballots = voted.ballots.map((one, i) => ({ ...one, parts: parts[i]! }))
      expect(Math.max(...(parts as number[]))).to.equal(3)
      expect(await computation.report({ ...voted, ballots }, [])).to.equal(undefined)
      expect(isPruned).to.equal(true)
      await put()
      expect(await computation.report({ ...voted, ballots }, [])).to.deep.equal(answered(report))
    } finally {
      await store.close()
      await rm(dir, { recursive: true })
    }
  })

  it('ends at once with the node, and refuses what waits and what comes later', async () => {
    const world = new World(10)
    let parts = 0
    open(world, async (root, part) => {
      if (++parts === 20) stop.abort()
      return world.readPart(root, part)
    })
    const { voted } = epochOf(world)
    const asked = [
      computation.twice(() => computation.report(voted, [])),
      computation.twice(() => computation.report(voted, [])),
    ]
    const ends = await Promise.all(asked.map(one => one.catch((error: Error) => error.name)))
    expect(ends).to.deep.equal(['AbortError', 'AbortError'])
    expect(await computation.assign(voted.facts).catch((error: Error) => error.name)).to.equal('AbortError')
    expect([workers.length, lines]).to.deep.equal([1, []])
  })
})
