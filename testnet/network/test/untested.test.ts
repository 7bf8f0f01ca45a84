import { expect } from 'chai'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import { PROVIDER_PROFILES, VERIFIER_PROFILES } from '../../profiles/profiles.js'
import { parseMix } from '../parse-mix.js'
import { planRun } from '../plan.js'
import type { RunRecord } from '../result.js'
import { conclude } from '../run-result.js'
import { untested } from '../untested.js'

const CLAIM_KBPS = 25_000
const VERIFIERS = 16
const OPTIONS = {
  ...{ epochs: undefined as number | undefined, claimKbps: CLAIM_KBPS, capacityKbps: undefined, soaks: false },
  ...{ strangers: 0, exits: 0, clients: [], seed: 'test', dataDir: '/nowhere', apiPort: undefined, keep: false },
}
const addressOf = (i: number) => `0x${String(i).padStart(40, '0')}` as const

interface Told {
  readonly epochs: number
  /** of a provider in an epoch; undefined if it was not measured */
  readonly rate?: (provider: string, epoch: number) => number | undefined
  readonly ballots?: (epoch: number) => number | undefined
  readonly receivers?: number
}

/** A run in which every epoch has a report. */
function run(verifiers: string, providers: string, { epochs, rate, ballots, receivers = VERIFIERS }: Told): RunRecord {
  const plan = planRun(
    {
      ...OPTIONS,
      verifiers: parseMix(verifiers, {
        ...{ option: 'verifiers', minimum: 1, maximum: 64 },
        profiles: Object.fromEntries(VERIFIER_PROFILES.map(name => [name, false])),
      }),
      providers: parseMix(providers, {
        ...{ option: 'providers', minimum: 1, maximum: 64 },
        profiles: Object.fromEntries(Object.entries(PROVIDER_PROFILES).map(([name, p]) => [name, p.takesFraction])),
      }),
    },
    '/nowhere',
  )
  const size = plan.verifiers.length
  const leafOf = (i: number, epoch: number): Leaf => {
    const rateKbps = rate === undefined ? CLAIM_KBPS : rate(plan.providers[i]!.name, epoch)
    return {
      ...{ epoch, provider: addressOf(i), claimKbps: CLAIM_KBPS, rateKbps: rateKbps ?? 0, uptimeBps: 9000 },
      ...{ status: rateKbps === undefined ? STATUS.unmeasured : STATUS.measured, breachBits: 0, penaltyBps: 0 },
    } as unknown as Leaf
  }
  return {
    verifiers: plan.verifiers.map((planned, i) => ({
      ...{ planned, index: i + 1, address: addressOf(100 + i), bondBefore: 1n, bondAfter: 1n },
    })),
    providers: plan.providers.map((planned, i) => ({
      ...{ planned, address: addressOf(i), stakeBefore: 1n, stakeAfter: 1n },
      goneFromEpoch: planned.profile.endsAtEpoch,
      sales: undefined,
    })),
    epochs: Array.from({ length: epochs }, (_, i) => ({
      ...{
        epoch: i + 1,
        report: { header: { epoch: i + 1 } } as never,
        frozen: plan.verifiers.map((__, at) => at + 1),
      },
      leaves: plan.providers.map((__, at) => leafOf(at, i + 1)),
      ballots: ballots === undefined ? size : ballots(i + 1),
    })),
    ...{ receivers, equivocations: [], settlements: [], exits: [], faults: [], decoys: undefined, clients: [] },
    rewards: { funded: 0n, left: 0n, earned: new Map(), claimed: new Map(), faults: [] },
  }
}

const all = `${VERIFIERS}`

describe('what a run could not show', () => {
  it('is nothing if every provider was measured, and all ballots were in time', () =>
    expect(untested(run(all, 'honest=8', { epochs: 1 }))).to.deep.equal([]))

  it('is everything before the first epoch has ended', () =>
    expect(untested(run(all, 'honest=1', { epochs: 0 })).join())
      .to.include('nothing was tested')
      .and.include('--epochs'))

  it('is the promise of a provider that was measured in no epoch, whoever votes, and says what to do', () => {
    const rate = (provider: string, epoch: number) =>
      provider === 'provider-1' && epoch === 2 ? CLAIM_KBPS : undefined
    for (const verifiers of [all, 'honest=14,silent=2'])
      expect(untested(run(verifiers, 'honest=2', { epochs: 3, rate }))).to.deep.equal([
        'provider-2 (honest) was measured in none of 3 epochs. Run fewer --verifiers or --providers, or take a machine with more cores.',
      ])
  })

  it('are reports that count the ballots of f verifiers only, if most do, and none with 2f+1', () => {
    const told = (count: number, epochs = 3) =>
      untested(run(all, 'honest=1', { epochs, ballots: epoch => (epoch >= 2 ? count : 16) }))
    expect(told(5).join())
      .to.include('epoch 2 counts the ballots of 5 of 16 verifiers')
      .and.include('epoch 3 counts the ballots of 5 of 16 verifiers')
      .and.include('fewer --verifiers')
    expect(told(10)).to.have.length(2)
    expect(told(11)).to.deep.equal([])
    expect(told(5, 2), 'one of two epochs that a busy machine lost').to.deep.equal([])
  })

  it('asks no ballot of verifiers that have nothing to vote on, or that withhold theirs', () => {
    const few = { epochs: 1, ballots: () => 5, receivers: 7 }
    expect(untested(run(all, 'honest=1', few))).to.deep.equal([])
    expect(untested(run(all, 'honest=8', few))).to.have.length(1)
    expect(untested(run('honest=10,silent=5', 'honest=1', { ...few, receivers: 15 }))).to.deep.equal([])
  })

  it('is the penalty of a provider that breaks its claim in a run of one epoch, and the absence of one that ends', () => {
    const rate = (provider: string) => (provider === 'provider-2' ? CLAIM_KBPS / 10 : CLAIM_KBPS)
    expect(untested(run(all, 'honest=1,throttled=1,offline=1,flaky=1', { epochs: 1, rate }))).to.deep.equal([
      'provider-2 (throttled) was not slashed yet, which takes three breaches and two more epochs. Run more epochs with --epochs.',
      'provider-3 (offline) was not gone in any epoch yet. Run more epochs with --epochs.',
      'provider-4 (flaky) was not measured for long enough. Run more epochs with --epochs.',
    ])
    expect(untested(run(all, 'slow@0.9=1', { epochs: 1 }))).to.deep.equal([])
    expect(untested(run(all, 'throttled=1', { epochs: 5, rate: () => CLAIM_KBPS / 10 }))).to.deep.equal([])
  })

  it('is nothing where no report is expected, and there is none', () => {
    const record = run('honest=8,silent=8', 'honest=1', { epochs: 2, rate: () => undefined })
    expect(untested(record)).to.deep.equal([])
  })

  it('keeps a run from being ok, and fails it unless somebody ended a run that would go on for ever', () => {
    const record = run(all, 'honest=1', { epochs: 1, rate: () => undefined })
    const shown = { failures: [], untested: untested(record), guests: [] }
    const result = (epochs: number | undefined, interrupted: boolean) =>
      conclude({ ...OPTIONS, epochs, verifiers: [], providers: [] }, '/nowhere', interrupted, record, shown)
    expect(result(1, false)).to.deep.include({ ok: false, failures: shown.untested, untested: shown.untested })
    expect(result(undefined, true)).to.deep.include({ ok: false, failures: [], untested: shown.untested })
  })
})
