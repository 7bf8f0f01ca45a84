import { expect } from 'chai'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import { OUTCOME, type Vote } from '../../proto/vote.js'
import type { Refutation } from '../../verifier/core/ports.js'
import { expectRevert } from './support/evm.js'
import { MINIMUM_STAKE, networkForEach, PARAMS, TestNetwork } from './support/network.js'
import { Ballots, CLAIM_KBPS, penalise, Receivers, refute, THRESHOLD_KBPS, voteOf } from './support/refutations.js'
import { finalAt, share, stakeOf, weekOf } from './support/settlements.js'

const EPOCH = 1
/** n = 7, so f = 2: three votes make a breach impossible. */
const RECEIVERS = [2, 3, 5, 8, 9, 11, 30]
const OTHER = `0x${'77'.repeat(20)}` as Hex

describe('contracts: refutation of a penalty', () => {
  const net = networkForEach(() => TestNetwork.running())
  const receivers = new Receivers(RECEIVERS.map(receiver => [receiver, EPOCH]))
  let provider: Hex
  beforeEach(async () => {
    provider = await net().addProvider()
  })

  /** Reports a wrong penalty. @param cast changes the vote of a receiver */
  async function wrong(cast: (receiver: number) => Partial<Vote> = () => ({}), change: Partial<Leaf> = {}) {
    const ballots = new Ballots(
      RECEIVERS.map(receiver => [
        receiver,
        [voteOf(EPOCH, provider, receiver, cast(receiver)), voteOf(EPOCH, OTHER, receiver)],
      ]),
    )
    const owed = await penalise(net(), EPOCH, provider, { assignedRoot: receivers.root, ballots, change })
    const open = (receiver: number, place = 0) => ({
      ...{ header: 0, ...ballots.open(receiver, place), assignedProof: receivers.proof(receiver) },
    })
    const by = (...chosen: readonly number[]): Refutation => ({
      ...{ headers: [net().headers.get(EPOCH)!], ...owed, previousEpoch: 0, assigned: receivers.n },
      votes: chosen.map(receiver => open(receiver)),
    })
    return { ...owed, ballots, open, by }
  }
  const settled = () => net().slashing.read('isSettled', EPOCH, provider)

  it('voids the penalty, by anybody and without a stake', async () => {
    const { leaf, proof, by } = await wrong()
    const refuter = net().newAccount()
    const receipt = await refute(net(), by(3, 8, 30), refuter)
    const [event] = net().slashing.events(receipt, 'Refuted')
    expect(event?.args.penaltyBps).to.equal(500n)
    expect(event?.args.refuter.toLowerCase()).to.equal(refuter)
    expect(await settled()).to.equal(true)
    await net().evm.at(finalAt(net(), EPOCH))
    await expectRevert(net().settle(leaf, proof), 'AlreadySettled', EPOCH, provider)
    expect(await stakeOf(net(), provider)).to.equal(MINIMUM_STAKE)
    expect(await net().slashing.read('chargedBpsIn', provider, weekOf(net(), EPOCH))).to.equal(0n)
  })

  it('counts readings and lower bounds from the threshold on', async () => {
    const { by } = await wrong(receiver => ({
      outcome: receiver === 3 ? OUTCOME.atLeast : OUTCOME.verified,
      rateKbps: THRESHOLD_KBPS,
    }))
    await refute(net(), by(2, 3, 5))
  })

  it('does not count a vote below the threshold, or one that is no reading', async () => {
    const casts: Partial<Vote>[] = [
      { rateKbps: THRESHOLD_KBPS - 1 },
      { outcome: OUTCOME.atLeast, rateKbps: THRESHOLD_KBPS - 1 },
      ...[OUTCOME.under, OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage, OUTCOME.noData, OUTCOME.noPath].map(
        outcome => ({ outcome, rateKbps: CLAIM_KBPS }),
      ),
    ]
    for (const cast of casts) {
      const restore = await net().checkpoint()
      const { by } = await wrong(receiver => (receiver === 5 ? cast : {}))
      await expectRevert(refute(net(), by(2, 5, 8)), 'VoteNotAbove', 5)
      await refute(net(), by(2, 3, 8))
      await restore()
    }
  })

  it('needs n - 2f votes', async () => {
    const { by } = await wrong()
    await expectRevert(refute(net(), by()), 'TooFewVotes', 0, 3)
    await expectRevert(refute(net(), by(2, 3)), 'TooFewVotes', 2, 3)
    await expectRevert(refute(net(), { ...by(2), assigned: 0 }), 'NotAssigned', 2)
    await expectRevert(refute(net(), { ...by(), assigned: 0 }), 'TooFewVotes', 0, 1)
    await refute(net(), by(...RECEIVERS))
  })

  it('does not count the same receiver twice, in any order', async () => {
    const { by } = await wrong()
    await expectRevert(refute(net(), by(2, 3, 3)), 'ReceiversNotAscending', 3)
    await expectRevert(refute(net(), by(3, 2, 8)), 'ReceiversNotAscending', 2)
  })

  it('takes no smaller n than the assignment had', async () => {
    const { by } = await wrong()
    await expectRevert(refute(net(), { ...by(2), assigned: 1 }), 'NotAssigned', 2)
    await expectRevert(refute(net(), { ...by(2, 3), assigned: 4 }), 'NotAssigned', 2)
  })

  it('does not count a receiver that was not assigned, though the ballot set has its vote', async () => {
    const few = new Receivers(RECEIVERS.slice(1).map(receiver => [receiver, EPOCH]))
    const { by } = await wrong(undefined, { assignedRoot: few.root })
    const votes = by(2, 3, 5, 8).votes.map(one => ({
      ...one,
      assignedProof: few.proof(Math.max(3, one.vote.receiver)),
    }))
    await expectRevert(refute(net(), { ...by(), assigned: few.n, votes }), 'NotAssigned', 2)
  })

  it('does not count a receiver that measured in a group, where one vote alone shows nothing', async () => {
    const grouped = new Receivers(RECEIVERS.map(receiver => [receiver, 0]))
    const { by } = await wrong(undefined, { assignedRoot: grouped.root })
    const votes = by(2, 3, 5).votes.map(one => ({ ...one, assignedProof: grouped.proof(one.vote.receiver) }))
    await expectRevert(refute(net(), { ...by(), votes }), 'NotAssigned', 2)
  })

  it('does not count a vote of another provider or another epoch', async () => {
    const { by, open } = await wrong(receiver => (receiver === 5 ? { epoch: 0 } : receiver === 8 ? { epoch: 2 } : {}))
    await expectRevert(refute(net(), { ...by(), votes: [open(2, 1), open(3), open(9)] }), 'VoteOfAnother', 2)
    await expectRevert(refute(net(), by(2, 3, 5)), 'VoteOfAnother', 5)
    await expectRevert(refute(net(), by(2, 3, 8)), 'NotAssigned', 8)
  })

  it('holds votes against the claim of the leaf', async () => {
    const { by } = await wrong(undefined, { claimKbps: 2 * CLAIM_KBPS })
    await expectRevert(refute(net(), by(2, 3, 5)), 'VoteNotAbove', 2)
  })

  it('does not count a vote that its receiver did not cast', async () => {
    const { by } = await wrong(receiver => (receiver === 5 ? { outcome: OUTCOME.under, rateKbps: 1 } : {}))
    const [first, second, low] = by(2, 3, 5).votes
    const better = { ...low!, vote: { ...low!.vote, outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS } }
    await expectRevert(refute(net(), { ...by(), votes: [first!, second!, better] }), 'NotInBallotSet', 5)
    // A vote of receiver 5 in the ballot of receiver 2 is not in a ballot of its own.
    const stolen = { ...first!, vote: { ...first!.vote, receiver: 5 }, assignedProof: low!.assignedProof }
    await expectRevert(refute(net(), { ...by(), votes: [first!, second!, stolen] }), 'NotInBallotSet', 5)
  })

  it('does not count a vote of a ballot that the report leaves out', async () => {
    const { by } = await wrong()
    const late = new Ballots(RECEIVERS.slice(0, 6).map(receiver => [receiver, [voteOf(EPOCH, provider, receiver)]]))
    const votes = by(2, 3, 5).votes.map(one => ({ ...one, ...late.open(one.vote.receiver) }))
    await expectRevert(refute(net(), { ...by(), votes }), 'NotInBallotSet', 2)
  })

  it('happens once, and only before the settlement delay is over', async () => {
    const { by } = await wrong()
    const id = await net().evm.snapshot()
    await net().evm.nextAt(finalAt(net(), EPOCH) - 2)
    await refute(net(), by(2, 3, 5))
    await net().evm.nextAt(finalAt(net(), EPOCH) - 1)
    await expectRevert(refute(net(), by(2, 3, 5)), 'AlreadySettled', EPOCH, provider)
    await net().evm.revert(id)
    await net().evm.at(finalAt(net(), EPOCH))
    await expectRevert(refute(net(), by(2, 3, 5)), 'TooLateToRefute', EPOCH, finalAt(net(), EPOCH))
  })

  it('needs the accepted header and a leaf under it', async () => {
    const { by, leaf } = await wrong()
    const good = by(2, 3, 5)
    const forged = { ...good.headers[0]!, ballotSetRoot: ZERO_HASH }
    await expectRevert(refute(net(), { ...good, headers: [forged] }), 'NotTheReport')
    await expectRevert(refute(net(), { ...good, leaf: { ...leaf, claimKbps: 1 } }), 'NotInReport')
  })

  it('finds nothing to void in a leaf without a penalty', async () => {
    const { by } = await wrong(undefined, { penaltyBps: 0 })
    await expectRevert(refute(net(), by(2, 3, 5)), 'NoPenalty', EPOCH, provider)
  })

  it('leaves other penalties of the provider as they are', async () => {
    const { by } = await wrong()
    await refute(net(), by(2, 3, 5))
    const ballots = new Ballots([[2, [voteOf(2, provider, 2)]]])
    const next = await penalise(net(), 2, provider, { assignedRoot: receivers.root, ballots })
    await net().evm.at(finalAt(net(), 2))
    await net().settle(next.leaf, next.proof)
    expect(await stakeOf(net(), provider)).to.equal(MINIMUM_STAKE - share(500))
  })
})

describe('contracts: refutation over a window of several epochs', () => {
  const net = networkForEach(() => TestNetwork.running(4, { ...PARAMS, windowEpochs: 3 }))
  const receivers = new Receivers(RECEIVERS.map((receiver, i) => [receiver, 1 + (i % 3)]))
  let provider: Hex
  beforeEach(async () => {
    provider = await net().addProvider()
  })
  /** Every receiver votes in every epoch. */
  const ballotsOf = (epoch: number) =>
    new Ballots(RECEIVERS.map(receiver => [receiver, [voteOf(epoch, provider, receiver)]]))
  const plain = async (epoch: number) => void (await net().report(epoch, { ballotSetRoot: ballotsOf(epoch).root }))
  const penaltyIn = (epoch: number, root: Hex = receivers.root) =>
    penalise(net(), epoch, provider, { assignedRoot: root, ballots: ballotsOf(epoch) })
  const opened = (header: number, epoch: number, receiver: number) => ({
    ...{ header, ...ballotsOf(epoch).open(receiver), assignedProof: receivers.proof(receiver) },
  })
  const headers = (...epochs: readonly number[]) => epochs.map(epoch => net().headers.get(epoch)!)

  it('opens votes under the reports of all its epochs', async () => {
    for (const epoch of [1, 2]) await plain(epoch)
    const owed = await penaltyIn(3)
    const votes = [opened(1, 1, 2), opened(2, 2, 3), opened(0, 3, 5)]
    const good = { headers: headers(3, 1, 2), ...owed, previousEpoch: 2, assigned: 7, votes }
    const unknown = { ...headers(1)[0]!, ballotSetRoot: ballotsOf(2).root }
    await expectRevert(refute(net(), { ...good, headers: [headers(3)[0]!, unknown, headers(2)[0]!] }), 'NotTheReport')
    await refute(net(), good)
    expect(await net().slashing.read('isSettled', 3, provider)).to.equal(true)
  })

  it('does not count a vote of an epoch in which its receiver was not due', async () => {
    for (const epoch of [1, 2]) await plain(epoch)
    const owed = await penaltyIn(3)
    const votes = [opened(1, 2, 2), opened(1, 2, 3), opened(0, 3, 5)]
    const refuted = refute(net(), { headers: headers(3, 2), ...owed, previousEpoch: 2, assigned: 7, votes })
    await expectRevert(refuted, 'NotAssigned', 2)
  })

  it('counts a receiver that is due after the leaf, where an exit would have ended the window early', async () => {
    await plain(1)
    const owed = await penaltyIn(2)
    const later = (receiver: number) => ({
      ...{ header: 0, vote: voteOf(3, provider, receiver), ballotProof: [], setProof: [] },
      assignedProof: receivers.proof(receiver),
    })
    const votes = [opened(1, 1, 2), later(5), later(11)]
    const early = { headers: headers(2, 1), ...owed, previousEpoch: 1, assigned: 7, votes }
    await expectRevert(refute(net(), { ...early, previousEpoch: 0 }), 'NotThePreviousEpoch', 0)
    await expectRevert(refute(net(), { ...early, votes: [later(2), ...votes.slice(1)] }), 'NotAssigned', 2)
    await refute(net(), early)
  })

  it('needs no votes where the provider had no receivers', async () => {
    const none = await penaltyIn(1, ZERO_HASH)
    await refute(net(), { headers: headers(1), ...none, previousEpoch: 0, assigned: 0, votes: [] })
  })

  it('does not decide on a penalty that an earlier window may have brought', async () => {
    await plain(2) // the window's last epoch has no report, so the next report ends it
    const owed = await penaltyIn(4)
    const late = { headers: headers(4), ...owed, previousEpoch: 2, assigned: 7, votes: [] }
    await expectRevert(refute(net(), late), 'EndsEarlierWindow', 4, 2)
    const next = await penaltyIn(5, ZERO_HASH)
    await refute(net(), { headers: headers(5), ...next, previousEpoch: 4, assigned: 7, votes: [] })
  })
})
