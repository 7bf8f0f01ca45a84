import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { ProviderHistory } from '../profile.js'
import { PROVIDER_PROFILES } from '../profiles.js'

const CLAIM_KBPS = 25_000
const STAKE = 1000n

/** A leaf of one epoch; `rate` in kbit/s, undefined if nothing was measured. */
const leaf = (epoch: number, rate: number | undefined, more: Partial<Leaf> = {}): Leaf => ({
  epoch,
  index: 1,
  provider: '0x00000000000000000000000000000000000000aa',
  status: rate === undefined ? STATUS.unmeasured : STATUS.measured,
  uptimeBps: 9000,
  rateKbps: rate ?? 0,
  claimKbps: CLAIM_KBPS,
  scoreBps: 9000,
  tier: 0,
  throughputQ32: 0,
  throughputSumQ32: 0,
  throughputWeightQ32: 2 ** 31,
  ticksUpQ16: 0,
  ticksTotalQ16: 0,
  pathlessQ2: 0,
  soakVotes: ZERO_HASH,
  windowVotes: ZERO_HASH,
  link: ZERO_HASH,
  breachBits: 0,
  breachPenaltyBps: 0,
  assignedRoot: ZERO_HASH,
  penaltyBps: 0,
  ...more,
})

const history = (leaves: Leaf[], more: Partial<ProviderHistory> = {}): ProviderHistory => ({
  claimKbps: CLAIM_KBPS,
  deliversKbps: CLAIM_KBPS,
  epochsRun: leaves.length,
  ofThisProfile: 1,
  allVerifiersHonest: true,
  leaves,
  settlements: [],
  stakeBefore: STAKE,
  stakeAfter: STAKE,
  goneFromEpoch: undefined,
  sales: undefined,
  ...more,
})

const broken = (profile: string, of: ProviderHistory) => PROVIDER_PROFILES[profile]!.broken(of)

describe('what the profiles promise', () => {
  describe('decoy', () => {
    it('is kept between its lowest level and the claim', () =>
      expect(broken('decoy', history([leaf(1, 20_500), leaf(2, 25_000), leaf(3, 22_000)]))).to.deep.equal([]))
    it('is broken below its lowest level, by a breach and by a loss', () => {
      const leaves = [leaf(1, 19_000), leaf(2, 22_000, { breachBits: 1 })]
      expect(broken('decoy', history(leaves, { stakeAfter: 999n })).join('; '))
        .to.include('19000 kbit/s in epoch 1, below its lowest level')
        .and.include('breach')
        .and.include('lost 1 wei')
    })
  })

  describe('honest', () => {
    it('is kept at 95 % of the claim and above', () =>
      expect(broken('honest', history([leaf(1, 25_000), leaf(2, 23_750)]))).to.deep.equal([]))
    it('is broken by a low rate, a missing measurement, a breach and a loss', () => {
      const leaves = [leaf(1, 23_749, { breachBits: 1 }), leaf(2, undefined), leaf(3, undefined)]
      expect(broken('honest', history(leaves, { stakeAfter: 999n })).join('; '))
        .to.include('23749 kbit/s in epoch 1')
        .and.include('not measured in epochs 2, 3')
        .and.include('breach in epoch 1')
        .and.include('lost 1 wei')
    })
    it('is not broken by a missing measurement if verifiers are silent', () =>
      expect(broken('honest', history([leaf(1, undefined)], { allVerifiersHonest: false }))).to.deep.equal([]))
  })

  describe('throttled', () => {
    const deliversKbps = 2500
    const under = (epoch: number, penaltyBps = 0) =>
      leaf(epoch, 2450, { breachBits: penaltyBps === 0 ? 1 : 0, penaltyBps })
    const five = [under(1), under(2), under(3, 866), under(4), under(5)]
    const settled = { epoch: 3, charged: 86n, refuted: false, settledIn: 4 }

    it('is kept when it was slashed in time', () => {
      const kept = history(five, { deliversKbps, settlements: [settled], stakeAfter: STAKE - 86n })
      expect(broken('throttled', kept)).to.deep.equal([])
    })
    it('is broken by breaches that reports without a rate made older', () => {
      const unmeasured = [2, 3, 4, 5, 6].map(epoch => leaf(epoch, undefined))
      const breach = (epoch: number, breachBits: number) => leaf(epoch, deliversKbps, { breachBits })
      const leaves = [breach(1, 1), ...unmeasured, breach(7, 3), breach(8, 7)]
      const of = history(leaves, { deliversKbps, allVerifiersHonest: false })
      expect(broken('throttled', of).join()).to.include('no penalty in epoch 8')
    })
    it('is not broken where verifiers lie, and an epoch has a low rate without a breach', () => {
      const leaves = [under(1), under(2), under(3), under(4)].map(one => ({ ...one, breachBits: 1 }))
      expect(broken('throttled', history(leaves, { deliversKbps, allVerifiersHonest: false }))).to.deep.equal([])
      expect(broken('throttled', history(leaves, { deliversKbps })).join()).to.include('no penalty in epoch 3')
    })
    it('asks nothing of a run too short to see it', () => {
      expect(broken('throttled', history(five.slice(0, 2), { deliversKbps }))).to.deep.equal([])
      expect(broken('throttled', history(five.slice(0, 4), { deliversKbps }))).to.deep.equal([])
    })
    it('is broken by a penalty that is missing, not taken, late, or of another sum', () => {
      const says = (more: Partial<ProviderHistory>, leaves = five) =>
        broken('throttled', history(leaves, { deliversKbps, ...more })).join('; ')
      expect(says({}, [under(1), under(2), under(3)])).to.include('no penalty in epoch 3')
      expect(says({})).to.include('was not slashed for epoch 3')
      expect(says({ settlements: [{ ...settled, settledIn: 6 }], stakeAfter: STAKE - 86n })).to.include(
        'too late, in epoch 6',
      )
      expect(says({ settlements: [settled] })).to.include('lost 0 wei of its stake, although 86 wei were charged')
    })
    it('is broken by a rate more than 10 % off', () => {
      expect(broken('throttled', history([leaf(1, 2749)], { deliversKbps }))).to.deep.equal([])
      expect(broken('throttled', history([leaf(1, 2751)], { deliversKbps })).join()).to.include('more than 10 % off')
    })
    it('is broken when five reports show no third breach', () =>
      expect(
        broken(
          'throttled',
          history(
            [1, 2, 3, 4, 5].map(e => leaf(e, undefined)),
            { deliversKbps, allVerifiersHonest: false },
          ),
        ).join(),
      ).to.include('was below the slashing threshold fewer than 3 times'))
  })

  it('slow above the slashing threshold loses nothing', () => {
    const of = history([leaf(1, 20_000)], { deliversKbps: 20_000 })
    expect(broken('slow', of)).to.deep.equal([])
    expect(broken('slow', { ...of, stakeAfter: 0n }).join()).to.include('lost 1000 wei')
  })

  describe('offline', () => {
    const uptime = (epoch: number, uptimeBps: number, rate?: number) => leaf(epoch, rate, { uptimeBps })
    it('is unmeasured, with a falling uptime, once it is gone', () => {
      const of = history([uptime(1, 9000, 25_000), uptime(2, 4000), uptime(3, 2500)], { goneFromEpoch: 2 })
      expect(broken('offline', of)).to.deep.equal([])
    })
    it('is broken by a rate of zero or an uptime that stays', () => {
      const of = history([uptime(1, 9000, 25_000), uptime(2, 4000, 0), uptime(3, 4000)], { goneFromEpoch: 2 })
      expect(broken('offline', of).join('; '))
        .to.include('has a rate in epoch 2')
        .and.include('did not fall in epoch 3')
    })
  })

  it('flaky has an uptime between 0.5 and 0.97 after three reports', () => {
    const of = (uptimeBps: number) => history([1, 2, 3].map(e => leaf(e, undefined, { uptimeBps })))
    expect(broken('flaky', of(7500))).to.deep.equal([])
    expect(broken('flaky', of(9800))).to.have.length(1)
    expect(broken('flaky', of(4000))).to.have.length(1)
  })

  for (const profile of ['refuser', 'dead', 'shunner', 'pretender']) {
    it(`${profile} has the rate zero, and is slashed`, () => {
      const zero = (epoch: number, penaltyBps = 0) =>
        leaf(epoch, 0, { status: STATUS.unserving, breachBits: 1, penaltyBps })
      const leaves = [zero(1), zero(2), zero(3, 1000), zero(4), zero(5)]
      const settlements = [{ epoch: 3, charged: 100n, refuted: false, settledIn: 5 }]
      expect(broken(profile, history(leaves, { settlements, stakeAfter: STAKE - 100n }))).to.deep.equal([])
      expect(broken(profile, history([leaf(1, 20_000)])).join()).to.include('counts as serving in epoch 1')
    })
  }
})
