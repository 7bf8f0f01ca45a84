/** Which penalties a node has settled, and which it compares with their votes: after a restart, and after a wrong report. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { keccakText } from '../../../proto/hash.js'
import type { Header } from '../../../proto/header.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { DEVNET } from '../../../proto/params.js'
import type { ChainFacts } from '../../core/facts.js'
import type { PostedReport } from '../../core/ports.js'
import { NOTHING_CARRIED } from '../../core/scoring/carry-over.js'
import { Store, type StoredReport } from '../../store/store.js'
import { facts as factsOf } from '../../store/test/samples.js'
import { WrongReport } from '../accepted-reports.js'
import { ChainFollower, type ChainFollowerModules } from '../chain-follower.js'
import type { VerifierContext } from '../context.js'
import { leaf, posted } from './posted-reports.js'

/** A day of settlement delay and a week of evidence, in epochs of an hour. */
const PARAMS = { ...DEVNET, epochSeconds: 3600, settlementSeconds: 86_400, evidenceSeconds: 604_800 }
const LOOKBACK_EPOCHS = 24 + 3
const LAST_SEEN = 50
/** of a report that this node recomputed */
const BALLOTS = [{ verifier: 1, root: ZERO_HASH }]

const epochs = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('a node that follows the chain', () => {
  let dir: string
  let store: Store
  let stopping: AbortController
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-follower-'))
    store = await Store.open(dir, { mode: 'create' })
    stopping = new AbortController()
  })
  afterEach(async () => {
    stopping.abort()
    await store.close()
    await rm(dir, { recursive: true })
  })

  /** Stores the report of an epoch, with one penalty. @param change what is different */
  async function keep(epoch: number, change: Partial<StoredReport> = {}): Promise<void> {
    const report = posted(epoch)
    const { header, headerHash } = report
    const carried = { ...NOTHING_CARRIED, rewards: [], leaves: [leaf(epoch, 200)] }
    await store.putReport({ header, headerHash, ...carried, ballots: [], isWrong: false, posted: report, ...change })
  }

  /**
   * Runs a node until it has settled so many reports.
   * @param tip of the chain's last report. @param fails epochs whose report cannot be read at first
   */
  async function settledBy(
    tip: number,
    count: number,
    fails: number[] = [],
  ): Promise<{ settled: number[]; read: number[] }> {
    const [settled, read]: [number[], number[]] = [[], []]
    const context = {
      ...{ params: PARAMS, store, log: pino({ level: 'silent' }), stopping: stopping.signal },
      fail: (error: Error) => stopping.abort(error),
      chain: {
        tip: async () => ({ epoch: tip, headerHash: posted(tip).headerHash }),
        posted: async (epoch: number) => {
          const at = fails.indexOf(epoch)
          if (at === -1) return posted(epoch)
          fails.splice(at, 1)
          throw new Error('the chain node is busy')
        },
        isFinal: async () => true,
      },
    } as unknown as VerifierContext
    const modules = {
      reports: { adopt: ({ header: { epoch } }: PostedReport) => keep(epoch) },
      epochFacts: {
        whenKnown: async (epoch: number) => {
          read.push(epoch)
          return factsOf(epoch, `B(${epoch})`)
        },
      },
      transmission: {
        settle: async ({ epoch }: Header, leaves: readonly Leaf[], facts: ChainFacts) => {
          expect([leaves[0]?.epoch, facts.epoch]).to.deep.equal([epoch, epoch])
          settled.push(epoch)
          if (settled.length === count) stopping.abort()
        },
      },
      refuting: { refute: async () => {} },
      onBlock: () => {},
    } as unknown as ChainFollowerModules
    await new ChainFollower(context, modules).run().then(
      () => expect.fail('it ended by itself'),
      error => expect(error.name).to.equal('AbortError'),
    )
    return { settled: settled.sort((a, b) => a - b), read: read.sort((a, b) => a - b) } // penalties are settled side by side
  }

  it('a rolling upgrade forgets no penalty: it looks back from the last report it saw, settlement and three epochs', async () => {
    for (const epoch of epochs(1, LAST_SEEN)) await keep(epoch)
    const tip = LAST_SEEN + 12
    const { settled } = await settledBy(tip, LOOKBACK_EPOCHS + 2)
    expect(settled).to.deep.equal([...epochs(LAST_SEEN - LOOKBACK_EPOCHS, LAST_SEEN), tip])
  })

  it('a chain node that fails in the middle of the look back costs no penalty', async () => {
    for (const epoch of epochs(1, LAST_SEEN)) await keep(epoch)
    const { settled } = await settledBy(LAST_SEEN, LOOKBACK_EPOCHS + 1, [LAST_SEEN - 20, LAST_SEEN - 20, LAST_SEEN - 3])
    expect(settled).to.deep.equal(epochs(LAST_SEEN - LOOKBACK_EPOCHS, LAST_SEEN))
  })

  it('what only this node computed is not what it saw, and what the chain did not accept is not settled', async () => {
    for (const epoch of epochs(40, LAST_SEEN)) await keep(epoch, { headerHash: keccakText(`a rival of ${epoch}`) })
    await keep(LAST_SEEN + 5, { posted: undefined })
    expect((await store.lastPosted())?.header.epoch).to.equal(LAST_SEEN)
    const { settled } = await settledBy(LAST_SEEN + 6, 2)
    expect(settled).to.deep.equal([LAST_SEEN + 5, LAST_SEEN + 6])
  })

  it('a node that was away for longer than the evidence period starts there', async () => {
    const evidence = PARAMS.evidenceSeconds / PARAMS.epochSeconds
    const tip = LAST_SEEN + evidence + 20
    for (const epoch of [LAST_SEEN, tip - evidence - 1, tip - evidence]) await keep(epoch)
    expect((await settledBy(tip, 2)).settled).to.deep.equal([tip - evidence, tip])
  })

  it('takes the facts of an old epoch from its store, since a chain node forgets old states, and reads none without need', async () => {
    await store.putFacts(factsOf(45, 'B(45)'))
    for (const epoch of epochs(40, 46)) await keep(epoch, { leaves: [leaf(epoch, epoch < 45 ? 0 : 200)] })
    const { settled, read } = await settledBy(47, 3)
    expect(settled).to.deep.equal([45, 46, 47])
    expect(read).to.deep.equal([46, 47])
  })

  /**
   * Runs a node through the chain's reports, until it has refuted the last and settled so many.
   * @param adopt what it makes of each. @returns the epochs that it refutes, and settles
   */
  async function guardedBy(
    tips: readonly number[],
    settlements: number,
    adopt: (epoch: number) => Promise<void>,
    isFinal: (epoch: number) => boolean,
  ): Promise<{ refuted: number[]; settled: number[] }> {
    const [refuted, settled]: [number[], number[]] = [[], []]
    let at = 0
    const reports = { adopt: ({ header: { epoch } }: PostedReport) => adopt(epoch) }
    const context = {
      ...{ params: PARAMS, store, log: pino({ level: 'silent' }), stopping: stopping.signal },
      fail: (error: Error) => stopping.abort(error),
      chain: {
        tip: async () => ({ epoch: tips[at]!, headerHash: posted(tips[at]!).headerHash }),
        posted: async (epoch: number) => posted(epoch),
        isFinal: async (epoch: number) => isFinal(epoch),
      },
    } as unknown as VerifierContext
    const next = (): void => {
      if (!refuted.includes(tips[at]!)) return
      if (at + 1 < tips.length) at++
      else if (settled.length === settlements) stopping.abort()
    }
    const modules = {
      reports,
      epochFacts: { whenKnown: async (epoch: number) => factsOf(epoch, `B(${epoch})`) },
      transmission: {
        settle: async ({ epoch }: Header) => {
          settled.push(epoch)
          next()
        },
      },
      refuting: {
        refute: async ({ header: { epoch } }: PostedReport) => {
          refuted.push(epoch)
          next()
        },
      },
      onBlock: () => {},
    } as unknown as ChainFollowerModules
    await new ChainFollower(context, modules).run().catch(error => expect(error.name).to.equal('AbortError'))
    return { refuted, settled: settled.sort((a, b) => a - b) }
  }

  it('a harmless wrong report first blinds no node: later penalties are compared with their votes, and it settles none', async () => {
    const { refuted, settled } = await guardedBy(
      [LAST_SEEN, LAST_SEEN + 1],
      0,
      async epoch => {
        if (epoch === LAST_SEEN) throw new WrongReport() // nobody shows its leaves
        await keep(epoch, { isWrong: true, ballots: BALLOTS })
      },
      epoch => epoch < LAST_SEEN,
    )
    expect({ refuted, settled }).to.deep.equal({ refuted: [LAST_SEEN, LAST_SEEN + 1], settled: [] })
  })

  it('a penalty posted while a node was away is compared with its votes as long as it is not final', async () => {
    await keep(LAST_SEEN, { ballots: BALLOTS })
    const { refuted, settled } = await guardedBy(
      [LAST_SEEN + 4],
      3,
      epoch => keep(epoch),
      epoch => epoch <= LAST_SEEN + 2,
    )
    expect(refuted).to.deep.equal([LAST_SEEN + 3, LAST_SEEN + 4])
    expect(settled).to.deep.equal([LAST_SEEN, LAST_SEEN + 3, LAST_SEEN + 4])
  })
})
