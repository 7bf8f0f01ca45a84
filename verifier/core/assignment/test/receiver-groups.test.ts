import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import { faultsTolerated } from '../../../../proto/quorum.js'
import type { ChainFacts } from '../../facts.js'
import { CLAIM_KBPS, facts, PARAMS, providerNamed, registryIndex } from '../../test/samples.js'
import { assign } from '../assign.js'
import { senderLoadKbps } from '../place.js'
import { groupSize, groupsOfSize, MOST_RECEIVERS, memberClaimKbps } from '../receiver-groups.js'

const LONG = { ...PARAMS, epochSeconds: 36_000 }
/** The load of a receiver with three senders, at a claim. */
const loadKbps = (claimKbps: number): number => 3 * senderLoadKbps(claimKbps, 3)

const drawn = (n: number, claimKbps: number, capacityOf: (i: number) => number) => {
  const receivers = Array.from({ length: n }, (_, i) => i)
  return {
    ...{ receivers, claimKbps, senders: 3, quorum: 2 * faultsTolerated(n) + 1 },
    capacityKbps: new Map(receivers.map(i => [i, capacityOf(i)])),
  }
}

describe('the size of a group of receivers', () => {
  it('is one if 2f+1 receivers can take the claim', () => {
    expect(groupSize(drawn(7, 1000, i => (i < 5 ? loadKbps(1000) : 0)))).to.equal(1)
    expect(groupSize(drawn(7, 1000, i => (i < 4 ? loadKbps(1000) : 0)))).to.equal(undefined)
  })

  it('is the smallest at which complete groups of able receivers hold a quorum', () => {
    for (const size of [2, 3, 4]) {
      const able = drawn(31, 100_000, () => loadKbps(memberClaimKbps(100_000, size)))
      expect(groupSize(able)).to.equal(size)
      expect(groupsOfSize(able, size)).to.have.length(Math.floor(31 / size))
    }
    // Three receivers can take a half, but only two of them form a group. So all five are needed, and each can take a
    // third.
    const three = drawn(5, 100_000, i => loadKbps(memberClaimKbps(100_000, i < 3 ? 2 : 3)))
    expect(groupSize(three)).to.equal(3)
  })

  it('is undefined for a claim beyond the largest group', () => {
    expect(groupSize(drawn(31, 100_000, () => loadKbps(memberClaimKbps(100_000, MOST_RECEIVERS)) - 1))).to.equal(
      undefined,
    )
  })

  it('never grows with a capacity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 40, maxLength: 40 }),
        fc.nat(39),
        (n, capacities, who) => {
          const before = groupSize(drawn(n, 100_000, i => capacities[i]!))
          const after = groupSize(drawn(n, 100_000, i => capacities[i]! + (i === who ? 100_000 : 0)))
          expect(after ?? MOST_RECEIVERS + 1).to.be.at.most(before ?? MOST_RECEIVERS + 1)
        },
      ),
    )
  })

  it('gives members shares that make up the claim', () => {
    for (const size of [1, 2, 3, 4]) expect(size * memberClaimKbps(1001, size)).to.be.within(1001, 1001 + size)
  })
})

describe('assignment of a claim that one receiver cannot take', () => {
  const narrow = (size: number, shape: { verifiers: number; providers: number; beacon?: string }): ChainFacts =>
    facts({ ...shape, capacityKbps: loadKbps(memberClaimKbps(CLAIM_KBPS, size)) })

  it('puts the members of a group in one round, each with a share and senders of its own', () => {
    const shape = fc.record({ verifiers: fc.integer({ min: 20, max: 24 }), providers: fc.integer({ min: 1, max: 4 }) })
    fc.assert(
      fc.property(shape, fc.integer({ min: 2, max: 4 }), fc.string(), (given, size, beacon) => {
        const chain = narrow(size, { ...given, beacon })
        const plan = assign(chain, { ...LONG, receivers: 9 })
        expect(plan.unplaced).to.have.length(0)
        for (const { account } of chain.providers) {
          const groups = plan.groupsOf(account)
          expect(plan.receiversOf(account)).to.have.length(9)
          expect(groups).to.have.length(Math.floor(9 / size))
          expect(new Set(groups.flat()).size).to.equal(size * groups.length)
          for (const group of groups) {
            const sessions = plan.sessions.filter(one => one.provider === account && group.includes(one.receiver))
            expect(sessions).to.have.length(size)
            expect(new Set(sessions.map(({ round }) => round)).size).to.equal(1)
            const parties = sessions.flatMap(({ receiver, senders }) => [receiver, ...senders])
            expect(new Set(parties).size).to.equal(4 * size)
            for (const session of sessions) {
              expect(session).to.include({ claimKbps: memberClaimKbps(CLAIM_KBPS, size), startsWith: undefined })
            }
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('counts a group as one lane, and a provider once in a round', () => {
    const chain = narrow(4, { verifiers: 24, providers: 3 })
    const plan = assign(chain, { ...LONG, receivers: 9, lanes: 1 })
    expect(plan.unplaced).to.have.length(0)
    for (let round = 0; round < plan.rounds; round++) {
      const sessions = plan.sessions.filter(session => session.round === round)
      expect(sessions).to.have.length(4)
      expect(new Set(sessions.map(({ provider }) => provider)).size).to.equal(1)
    }
  })

  it('leaves out a remainder and receivers that cannot take a share; both stay assigned', () => {
    const chain = narrow(2, { verifiers: 9, providers: 1 })
    const weak = chain.verifiers.map((one, i) => (i === 0 || i === 5 ? { ...one, capacityKbps: 1000 } : one))
    const plan = assign({ ...chain, verifiers: weak }, LONG)
    const { account } = chain.providers[0]!
    const members = plan.groupsOf(account).flat()
    expect(members).to.have.length(6)
    expect(members).not.to.include(registryIndex(0))
    expect(members).not.to.include(registryIndex(5))
    expect(plan.receiversOf(account)).to.have.length(9)
    expect(plan.sessions.map(({ receiver }) => receiver).toSorted()).to.deep.equal(members.toSorted())
  })

  it('places a group whole or not at all', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 5, max: 20 }), (beacon, epochSeconds) => {
        const chain = narrow(2, { verifiers: 12, providers: 3, beacon })
        const plan = assign(chain, { ...LONG, epochSeconds })
        for (const { account } of chain.providers) {
          for (const group of plan.groupsOf(account)) {
            const placed = plan.sessions.filter(one => one.provider === account && group.includes(one.receiver))
            expect(placed.length).to.be.oneOf([0, 2])
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('has a size of its own for each provider of a link, and runs each group beside a session of the others', () => {
    const chain = narrow(2, { verifiers: 20, providers: 0 })
    const link = keccakText('one link')
    const claims = [CLAIM_KBPS, 1000, 10 * CLAIM_KBPS]
    const providers = claims.map((claimKbps, i) => providerNamed(i, { claimKbps, link }))
    const plan = assign({ ...chain, providers }, { ...LONG, receivers: 9, lanes: 0 })
    expect(providers.map(({ account }) => plan.groupsOf(account).length)).to.deep.equal([4, 0, 0])
    const rounds = (index: number) =>
      plan.sessions.filter(({ providerIndex }) => providerIndex === index).map(({ round }) => round)
    expect([0, 1, 2].map(index => rounds(index).length)).to.deep.equal([8, 9, 0])
    expect(new Set(rounds(1)).size).to.equal(9)
    expect(rounds(0).every(round => rounds(1).includes(round))).to.equal(true)
    expect(providers.map(({ account }) => plan.besideOf(account).length)).to.deep.equal([0, 4, 0])
  })

  // What was computed before there were groups: where each receiver can take the claim, nothing has changed.
  it('changes nothing if no groups are needed', () => {
    const plans = (
      [
        [7, 4, 7, undefined],
        [9, 6, 5, 70_000],
        [40, 5, 31, 45_000],
      ] as const
    ).map(([verifiers, providers, receivers, capacityKbps]) => {
      const given = { verifiers, providers, beacon: `golden ${verifiers}` }
      const { sessions, unplaced, rounds } = assign(facts({ ...given, ...(capacityKbps && { capacityKbps }) }), {
        ...{ ...PARAMS, epochSeconds: 3600, lanes: 3 },
        receivers,
      })
      const withoutSoak = (key: string, value: unknown) => (key === 'maySoak' ? undefined : value)
      return keccakText(JSON.stringify({ sessions, unplaced, rounds }, withoutSoak))
    })
    expect(plans).to.deep.equal([
      '0x4799fbb7c2c9c919c524973cae41b6757630bea1cc194cc5cd61558eace6dfe0',
      '0xfc05e40a773c61b302e4b7f7b8ebccdeafacb86535987f2838c7c013604cc208',
      '0x41eed201de220d75d50bf4005e60e2205238e40203e4198af5cb4182d5bdbccb',
    ])
  })
})
