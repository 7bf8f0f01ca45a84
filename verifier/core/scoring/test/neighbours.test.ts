/** Two providers on one line, of which one claims more than a receiver can take: each is measured by its own number of receivers. */
import { expect } from 'chai'
import { keccakText } from '../../../../proto/hash.js'
import { type Leaf, STATUS } from '../../../../proto/leaf.js'
import { OUTCOME, type Vote } from '../../../../proto/vote.js'
import { assign } from '../../assignment/assign.js'
import { type Session, senderLoadKbps } from '../../assignment/place.js'
import { evaluateCast, facts, PARAMS, providerNamed, vote } from '../../test/samples.js'
import { NOTHING_CARRIED } from '../carry-over.js'

const LONG = { ...PARAMS, epochSeconds: 3_600, lanes: 0 }
const LINK = keccakText('a line')
const SMALL_KBPS = 50_000
const LARGE_KBPS = 190_000
const OVERDRIVE = 1.65
/** Half of the larger claim, and beside it a sender's part. */
const CAPACITY_KBPS = 1.6 * 3 * senderLoadKbps(LARGE_KBPS / 2, 3)

/** What the two sides of a session do in its first and its second try. */
type Serves = (provider: number, isRepeat: boolean) => boolean
const always: Serves = () => true

/** Both leaves after a window on a line. */
function leavesOn(lineKbps: number, { verifiers = 7, serves = always } = {}): [small: Leaf, large: Leaf] {
  const providers = [SMALL_KBPS, LARGE_KBPS].map((claimKbps, i) => providerNamed(i, { claimKbps, link: LINK }))
  const chain = {
    ...facts({ verifiers, providers: 0, capacityKbps: CAPACITY_KBPS }),
    providers,
  }
  const assignment = assign(chain, LONG)
  const [besides, groups] = [assignment.besideOf(providers[0]!.account), assignment.groupsOf(providers[1]!.account)]
  expect([besides.length, assignment.unplaced.length]).to.deep.equal([groups.length, 0])

  /** A line is divided by what the senders offer. */
  const carriedKbps = (session: Session, isRepeat: boolean): number => {
    if (!serves(session.providerIndex, isRepeat)) return 0
    const all = isRepeat ? assignment.repeats : assignment.sessions
    const offered = all
      .filter(one => one.round === session.round && serves(one.providerIndex, isRepeat))
      .reduce((sum, one) => sum + OVERDRIVE * one.claimKbps, 0)
    return Math.floor(OVERDRIVE * session.claimKbps * Math.min(1, lineKbps / offered))
  }
  const isMember = ({ provider, receiver }: Session) => assignment.groupsOf(provider).flat().includes(receiver)
  const outcomeOf = (kbps: number, { claimKbps }: Session) =>
    kbps === 0 ? OUTCOME.refused : kbps < claimKbps ? OUTCOME.under : OUTCOME.verified
  const voteOf = (session: Session): Vote => {
    const repeat = assignment.repeats.find(
      ({ provider, receiver }) => provider === session.provider && receiver === session.receiver,
    )!
    const [first, second] = [carriedKbps(session, false), carriedKbps(repeat, true)]
    // A member votes for its second try, and a receiver alone for the better one.
    const [own, other] = isMember(session) || second > first ? [second, first] : [first, second]
    return vote(session.receiver, outcomeOf(own, session), own, {
      ...{ provider: session.provider, offeredKbps: 2 ** 32 - 1, directKbps: 2 ** 32 - 1 },
      ...{ otherOutcome: outcomeOf(other, session), otherKbps: other },
    })
  }
  const ballots = chain.verifiers.map(({ index }) => ({
    verifier: index,
    votes: assignment.sessions.filter(({ receiver }) => receiver === index).map(voteOf),
  }))
  const previous = { epoch: 0, ...NOTHING_CARRIED }
  const { leaves } = evaluateCast({ params: LONG, facts: chain, assignment, previous, ballots })
  return [leaves[0]!, leaves[1]!]
}

describe('a provider whose neighbour needs groups of receivers', () => {
  it('attack: a neighbour claims 2 Gbit/s, and so puts it into groups, whose instants are public', () => {
    const chain = facts({ verifiers: 31, providers: 0, capacityKbps: 1_000_000 })
    const claims = [100_000, 2_000_000, 2_000_000, 2_000_000]
    const plans = [1, 2, 4].map(count => {
      const providers = claims.slice(0, count).map((claimKbps, i) => providerNamed(i, { claimKbps, link: LINK }))
      return { plan: assign({ ...chain, providers }, LONG), victim: providers[0]!.account }
    })
    for (const [i, { plan, victim }] of plans.entries()) {
      const sessions = plan.sessions.filter(({ provider }) => provider === victim)
      expect(plan.groupsOf(victim)).to.have.length(0)
      expect(sessions.map(({ claimKbps }) => claimKbps)).to.deep.equal(new Array(31).fill(100_000))
      expect(new Set(sessions.map(({ round }) => round)).size).to.equal(31)
      const atPublicInstants = sessions.filter(({ startsWith }) => startsWith === undefined)
      expect(atPublicInstants.length).to.equal(i === 0 ? 0 : Math.floor(31 / 4))
      if (i === 1) expect(plan.besideOf(victim)).to.have.length(Math.floor(31 / 4))
    }
  })

  for (const verifiers of [7, 9, 13, 31]) {
    it(`is credited, with it, for no more than the line carries, by ${verifiers} receivers`, () => {
      for (const lineKbps of [30_000, SMALL_KBPS, 100_000, LARGE_KBPS]) {
        const [small, large] = leavesOn(lineKbps, { verifiers })
        expect(small.status).to.equal(STATUS.measured)
        expect(small.rateKbps + large.rateKbps).to.be.at.most(lineKbps)
        expect(small.rateKbps).to.be.above(0)
      }
    })
  }

  it('attack: each of the two takes the whole line in one of the tries', () => {
    const [small, large] = leavesOn(LARGE_KBPS, { serves: (provider, isRepeat) => (provider === 1) === isRepeat })
    expect(small.rateKbps + large.rateKbps).to.be.at.most(LARGE_KBPS)
  })

  it('loses no stake by a neighbour that takes the line, and nothing at all if the line carries both', () => {
    const [crowded] = leavesOn(100_000)
    expect(crowded).to.include({ breachBits: 0, penaltyBps: 0 })
    const [small, large] = leavesOn(1_000_000)
    expect([small.rateKbps, large.rateKbps]).to.deep.equal([SMALL_KBPS, LARGE_KBPS])
  })
})
