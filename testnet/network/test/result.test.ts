import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { accountOf } from '../../../verifier/chain/account.js'
import type { PostedReport } from '../../../verifier/core/ports.js'
import type { NodeExit } from '../../process/spawn.js'
import { VERIFIER_PROFILES } from '../../profiles/profiles.js'
import { parseMix } from '../parse-mix.js'
import { type PlannedVerifier, planRun } from '../plan.js'
import { type EpochOutcome, failuresOf, type RunRecord } from '../result.js'
import type { RewardsRecord } from '../rewards.js'

const PROFILES = Object.fromEntries(VERIFIER_PROFILES.map(name => [name, false]))
const STAKE = 1000n
const POT = 1000n
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
        exits: 0,
        clients: [],
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
        ...{ stakeBefore: STAKE, stakeAfter: STAKE, goneFromEpoch: undefined, sales: undefined },
      },
    ],
    ...{
      epochs,
      receivers: 64,
      settlements: [],
      exits: [],
      faults: [],
      decoys: undefined,
      clients: [],
      rewards: rewardsOf(plan.verifiers),
    },
    ...more,
  }
}

/** Every verifier that is not silent has earned 2 wei and claimed one. */
function rewardsOf(verifiers: readonly PlannedVerifier[]): RewardsRecord {
  const accounts = verifiers.filter(({ profile }) => profile !== 'silent').map(({ keys }) => accountOf(keys.evm))
  return {
    ...{ funded: POT, left: POT - BigInt(accounts.length), faults: [] },
    earned: new Map(accounts.map(account => [account, 2n])),
    claimed: new Map(accounts.map(account => [account, 1n])),
  }
}

const epoch = (number: number, size: number, nonSigners?: readonly number[]): EpochOutcome => ({
  epoch: number,
  report: nonSigners === undefined ? undefined : report(number, nonSigners),
  leaves: [],
  ballots: nonSigners === undefined ? undefined : size,
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
    const slashed = {
      epoch: 1,
      provider: PROVIDER,
      charged: 1n,
      refuted: false,
      settledIn: 2,
      txHash: ZERO_HASH,
    } as const
    expect(failuresOf(record('honest=4,silent=3', [epoch(1, 7)], { settlements: [slashed] })).join()).to.include(
      'was slashed',
    )
  })

  it('needs a report of every epoch of those that vote in another manner too', () => {
    expect(failuresOf(record('honest=4,lazy=1,friend=1,copier=1', [epoch(1, 7, [])]))).to.deep.equal([])
    expect(failuresOf(record('honest=4,lazy=1,friend=1,copier=1', [epoch(1, 7)])).join()).to.include('has no report')
  })

  it('needs a report of every epoch of verifiers that lie, and none where too many withhold', () => {
    const failures = (mix: string, ...epochs: EpochOutcome[]) => failuresOf(record(mix, epochs)).join()
    expect(failures('honest=4,liar-low=2,copycat=1', epoch(1, 7, []))).to.equal('')
    expect(failures('honest=4,liar-low=2,copycat=1', epoch(1, 7))).to.include('has no report')
    expect(failures('honest=5,withholder=2', epoch(1, 7))).to.include('has no report')
    expect(failures('honest=4,withholder=3', epoch(1, 7, []))).to.include('has a report, although')
    expect(failures('honest=4,withholder=3', epoch(1, 7))).to.equal('')
    expect(failures('honest=5,bad-leader=1,spammer=1', epoch(1, 7))).to.include('has no report')
    expect(failures('honest=4,bad-leader=2,spammer=1', epoch(1, 7))).to.equal('')
  })

  it('needs, where liars outvote the honest, that providers that keep their claim lose nothing while they are at most 2f', () => {
    const run = (mix: string, lost: bigint) => {
      const { providers, ...rest } = record(mix, [epoch(1, 7, [])])
      return failuresOf({ ...rest, providers: [{ ...providers[0]!, stakeAfter: STAKE - lost }] }).join()
    }
    expect(run('honest=5,liar-low=2', 1n)).to.include('lost 1 wei of its stake')
    expect(run('honest=3,liar-low=4', 0n)).to.equal('')
    expect(run('honest=3,liar-low=4', 1n)).to.include('lost stake, although at most 2f receivers lie')
    expect(run('honest=2,liar-low=5', 1n)).to.equal('')
  })

  it('needs decoys to catch who votes without measuring, and nobody else', () => {
    /** @param counts by registry index: tasks and misses. @param paid of the caught, those that earned as all did */
    const judged = (counts: Record<number, [number, number]>, caught: number[], paid: number[] = []) => {
      const run = record('honest=2,friend=1,lazy=1,copier=1', [epoch(1, 5, [])])
      const unpaid = run.verifiers.filter(({ index }) => caught.includes(index!) && !paid.includes(index!))
      const earned = unpaid.map(({ planned }) => [accountOf(planned.keys.evm), 1n] as const)
      const entries = Object.entries(counts).map(([i, [tasks, missed]]) => [Number(i), { tasks, missed }] as const)
      return failuresOf({
        ...run,
        rewards: { ...run.rewards, earned: new Map([...run.rewards.earned, ...earned]) },
        decoys: { counts: new Map(entries), caught: new Set(caught) },
      })
    }
    expect(judged({ 1: [9, 0], 3: [9, 1], 4: [9, 7], 5: [9, 6] }, [4, 5])).to.deep.equal([])
    expect(judged({ 4: [9, 2], 5: [9, 6] }, [5])).to.deep.equal([
      'verifier-4 (lazy) missed 2 of 9 decoys and was not caught.',
    ])
    expect(judged({ 4: [5, 1], 5: [5, 1] }, [])).to.deep.equal([]) // too few to tell
    expect(judged({ 1: [9, 4], 3: [9, 4], 4: [9, 7], 5: [9, 6] }, [1, 3, 4, 5])).to.deep.equal([
      'verifier-1 (honest) missed 4 of 9 decoys and was caught.',
      'verifier-3 (friend) missed 4 of 9 decoys and was caught.',
    ])
    expect(judged({ 4: [9, 7], 5: [9, 6] }, [4, 5], [4])).to.deep.equal([
      'verifier-4 (lazy) earned 2 wei, although decoys caught it.',
    ])
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

  it('needs a pot that adds up to the wei, and nobody paid more than the reports show', () => {
    const good = record('5', [epoch(1, 5, [])])
    const failures = (rewards: Partial<RewardsRecord>) =>
      failuresOf({ ...good, rewards: { ...good.rewards, ...rewards } }).join()
    expect(failures({})).to.equal('')
    expect(failures({ left: good.rewards.left - 1n })).to.include('does not add up')
    expect(failures({ earned: new Map() })).to.include('more than the reports show')
    expect(failures({ earned: new Map([...good.rewards.earned].map(([one]) => [one, POT])) })).to.include('was funded')
    expect(failures({ faults: ['No verifier serves the rewards of epoch 1.'] })).to.include('No verifier serves')
  })

  it('needs rewards for honest verifiers once a report has paid for an epoch, and none for silent ones', () => {
    const [three, two] = [
      [1, 2, 3],
      [1, 2],
    ].map(numbers => numbers.map(number => epoch(number, 5, [])))
    const nothing = { funded: POT, left: POT, earned: new Map(), claimed: new Map(), faults: [] }
    expect(failuresOf(record('5', two!, { rewards: nothing }))).to.deep.equal([])
    expect(failuresOf(record('5', three!, { rewards: nothing }))).to.have.length(5)
    const run = record(
      'honest=5,silent=1',
      [1, 2, 3].map(number => epoch(number, 6, [5])),
    )
    expect(failuresOf(run)).to.deep.equal([])
    const silent = accountOf(run.verifiers[5]!.planned.keys.evm)
    const rewards = { ...run.rewards, earned: new Map([...run.rewards.earned, [silent, 1n]]) }
    expect(failuresOf({ ...run, rewards })).to.deep.equal(['verifier-6 (silent) earned 1 wei.'])
  })

  it('needs every penalty of a captured set refuted, and no stake lost', () => {
    const leaf = (number: number) => ({ epoch: number, provider: PROVIDER, penaltyBps: 1000 }) as unknown as Leaf
    const epochs = [1, 2, 3].map(number => ({ ...epoch(number, 5, [1]), leaves: number < 2 ? [] : [leaf(number)] }))
    const refuted = {
      epoch: 2,
      provider: PROVIDER,
      charged: 0n,
      refuted: true,
      settledIn: 3,
      txHash: ZERO_HASH,
    } as const
    const failures = (more: Partial<RunRecord>, mix = 'honest=1,colluder=4') => failuresOf(record(mix, epochs, more))
    expect(failures({ settlements: [refuted] })).to.deep.equal([])
    expect(failures({})).to.deep.equal(['Nobody refuted the penalty of provider-1 in epoch 2.'])
    expect(failures({ settlements: [{ ...refuted, charged: 1n, refuted: false }] }).join()).to.include('Nobody refuted')
    const [provider] = record('5', []).providers
    const lost = failures({ settlements: [refuted], providers: [{ ...provider!, stakeAfter: 1n }] })
    expect(lost).to.deep.equal(['provider-1 lost stake, although it kept its claim.'])
    const tame = epochs.map(one => ({ ...one, leaves: [] }))
    expect(failures({ epochs: tame })).to.deep.equal(['The colluders certified no wrong penalty.'])
    expect(failures({ epochs: tame }, 'honest=4,colluder=1')).to.deep.equal([])
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
    for (const wanted of [false, true]) {
      expect(failures([{ ...exit, wanted, code: null, signal: 'SIGABRT' }])).to.have.length(1)
      expect(failures([{ ...exit, wanted, code: 1 }])).to.have.length(1)
    }
    expect(
      failures([
        { ...exit, code: null, signal: 'SIGKILL' },
        { ...exit, wanted: true },
        { ...exit, code: 0 },
      ]),
    ).to.deep.equal([])
  })
})
