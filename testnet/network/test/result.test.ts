import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import type { PostedReport } from '../../../verifier/core/ports.js'
import type { NodeExit } from '../../process/spawn.js'
import { parseMix } from '../parse-mix.js'
import { planRun } from '../plan.js'
import { type EpochOutcome, failuresOf, type RunRecord } from '../result.js'

const PROFILES = { honest: false, silent: false, late: false }
const STAKE = 1000n
const PROVIDER = '0x00000000000000000000000000000000000000aa'

/** A record of a run with the given verifiers, of which `frozen` many are in the set, and no provider leaves. */
function record(mix: string, epochs: readonly EpochOutcome[], more: Partial<RunRecord> = {}): RunRecord {
  const plan = planRun(
    {
      verifiers: parseMix(mix, { option: 'verifiers', profiles: PROFILES, minimum: 1, maximum: 20 }),
      providers: [{ profile: 'honest', value: undefined }],
      ...{
        epochs: undefined,
        claimKbps: 25_000,
        capacityKbps: undefined,
        soaks: false,
        strangers: 0,
        seed: 'test',
        dataDir: undefined,
        apiPort: undefined,
        keep: false,
      },
    },
    '/nowhere',
  )
  return {
    verifiers: plan.verifiers.map((planned, i) => ({
      ...{ planned, index: i + 1, address: PROVIDER },
      ...{ bondBefore: STAKE, bondAfter: STAKE },
    })),
    equivocations: [],
    providers: [
      {
        planned: plan.providers[0]!,
        address: PROVIDER,
        ...{ stakeBefore: STAKE, stakeAfter: STAKE, goneFromEpoch: undefined },
      },
    ],
    ...{ epochs, settlements: [], exits: [], faults: [] },
    ...more,
  }
}

const epoch = (number: number, size: number, nonSigners?: readonly number[]): EpochOutcome => ({
  epoch: number,
  report: nonSigners === undefined ? undefined : report(number, nonSigners),
  leaves: [],
  frozen: Array.from({ length: size }, (_, i) => i + 1),
})

const report = (number: number, nonSigners: readonly number[]): PostedReport => ({
  header: {
    ...{ era: Math.floor((number - 1) / 5) + 1, epoch: number, blockNumber: 1, providerCount: 1, commonFailure: false },
    ...{ blockHash: ZERO_HASH, previousHeader: ZERO_HASH, scoreRoot: ZERO_HASH },
    ...{ ballotSetRoot: ZERO_HASH, rewardsRoot: ZERO_HASH },
  },
  ...{ headerHash: ZERO_HASH, round: 0, nonSigners, txHash: ZERO_HASH, blockNumber: 2, gasUsed: 200_000 },
})

describe('the result of a run', () => {
  it('needs a report of every epoch if more than two thirds are honest', () => {
    expect(failuresOf(record('honest=5,silent=2', [epoch(1, 7, [5, 6])]))).to.deep.equal([])
    expect(failuresOf(record('honest=5,silent=2', [epoch(1, 7)]))).to.deep.equal(['Epoch 1 has no report.'])
  })

  it('allows no report, and no slashing, if they are not', () => {
    expect(failuresOf(record('honest=4,silent=3', [epoch(1, 7)]))).to.deep.equal([])
    expect(failuresOf(record('honest=4,silent=3', [epoch(1, 7, [])])).join()).to.include('has a report, although')
    const slashed = { epoch: 1, provider: PROVIDER, charged: 1n, settledIn: 2, txHash: ZERO_HASH } as const
    expect(failuresOf(record('honest=4,silent=3', [epoch(1, 7)], { settlements: [slashed] })).join()).to.include(
      'was slashed',
    )
  })

  it('needs a late verifier in the next frozen set, and its signature there', () => {
    const before = [1, 2, 3, 4, 5].map(number => epoch(number, 5, []))
    const then = (size: number, nonSigners: number[]) => [6, 7, 8].map(number => epoch(number, size, nonSigners))
    const failures = (later: EpochOutcome[]) => failuresOf(record('honest=5,late=1', [...before, ...later]))
    expect(failures(then(6, []))).to.deep.equal([])
    expect(failures(then(5, [])).join()).to.include('not in the frozen set of era 2')
    expect(failures(then(6, [5])).join()).to.include('signed none of 3 reports')
    expect(failures([epoch(6, 6, [5])])).to.deep.equal([])
  })

  it('needs late verifiers in the sets that have room: at most a quarter of a set is new', () => {
    const sizes = [4, 4, 4, 4, 4, 5, 5, 5, 5, 5]
    const run = (last: number) => [...sizes, last].map((size, i) => epoch(i + 1, size, []))
    const failures = (last: number) => failuresOf(record('honest=4,late=2', run(last)))
    expect(failures(6)).to.deep.equal([])
    expect(failures(5).join()).to.include('not in the frozen set of era 3')
  })

  it('counts a node that gave up by itself, but not a node that was killed or stopped', () => {
    const exit: NodeExit = { name: 'verifier-1', code: 6, signal: null, wanted: false, lastLog: ['disk full'] }
    const failures = (exits: NodeExit[]) => failuresOf(record('5', [epoch(1, 5, [])], { exits }))
    expect(failures([exit])).to.deep.equal(['verifier-1 ended with exit code 6: disk full.'])
    expect(failures([{ ...exit, code: null, signal: 'SIGABRT' }])).to.have.length(1)
    expect(
      failures([
        { ...exit, code: null, signal: 'SIGKILL' },
        { ...exit, wanted: true },
        { ...exit, code: 0 },
      ]),
    ).to.deep.equal([])
  })
})
