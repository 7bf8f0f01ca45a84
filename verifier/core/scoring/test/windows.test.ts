import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../../proto/leaf.js'
import { windowDigest } from '../../../../proto/open-window.js'
import { OUTCOME, type OutcomeCode } from '../../../../proto/vote.js'
import { COUNTED, WindowVotes } from '../../../../proto/window-votes.js'
import { assign } from '../../assignment/assign.js'
import type { ActiveProvider, ChainFacts } from '../../facts.js'
import { account, CLAIM_KBPS, evaluateCast, facts, PARAMS, providerNamed, vote } from '../../test/samples.js'
import { decodeCarryOver, encodeCarryOver, NOTHING_CARRIED } from '../carry-over.js'
import type { EvaluateInput, Evaluation } from '../evaluate.js'

const W = 3
const WINDOWS = { ...PARAMS, windowEpochs: W, eraEpochs: 6, epochSeconds: 60 }
const PROVIDER = account('provider 0')
const TICKS = 24
const ALL_TICKS = (1n << BigInt(TICKS)) - 1n
const LINK = keccakText('a line')
const OTHER_LINK = keccakText('another line')

interface Seen {
  readonly outcome: OutcomeCode
  readonly rateKbps: number
  readonly link?: Hex
  readonly answered?: bigint
}
const kept: Seen = { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS }
const low: Seen = { outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 10 }
const pathless: Seen = { outcome: OUTCOME.noPath, rateKbps: 0 }

/** What the receivers see in an epoch, or what the one at a place sees; undefined for an epoch without a report. */
type Epoch = Seen | ((receiver: number) => Seen) | undefined

interface Network {
  readonly verifiers?: number
  readonly provider?: (epoch: number) => Partial<ActiveProvider> | undefined
  /** every session is a soak (default: none is) */
  readonly soak?: boolean
}

const factsAt = (epoch: number, { verifiers = 7, provider = () => ({}) }: Network): ChainFacts => {
  const given = provider(epoch)
  return {
    ...facts({ verifiers, providers: 0, epoch, beacon: `${epoch}` }),
    windowBeacon: keccakText(`window ${Math.floor((epoch - 1) / W)}`),
    providers: given === undefined ? [] : [providerNamed(0, given)],
  }
}

/** The evaluations, one for each epoch with a report. Each builds on what the one before carries, in its encoding. */
function run(epochs: readonly Epoch[], network: Network = {}): Evaluation[] {
  const { soak = false } = network
  const params = { ...WINDOWS, soakShareBps: soak ? 10_000 : 0 }
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  return epochs.flatMap((seen, i) => {
    if (seen === undefined) return []
    const epoch = i + 1
    const chain = factsAt(epoch, network)
    const assignment = assign(chain, params)
    const due = assignment.dueOf(PROVIDER)
    const ballots = assignment.receiversOf(PROVIDER).map(receiver => {
      const {
        outcome,
        rateKbps,
        link = LINK,
        answered = ALL_TICKS,
      } = typeof seen === 'function' ? seen(receiver) : seen
      const ticks = { epoch, ticksSent: ALL_TICKS, ticksAnswered: answered }
      const own = due.includes(receiver)
        ? vote(receiver, outcome, rateKbps, { ...ticks, link, soak })
        : vote(receiver, OUTCOME.noData, 0, ticks)
      return { verifier: receiver, votes: [own] }
    })
    const evaluation = evaluateCast({ params, facts: chain, assignment, previous, ballots })
    previous = { epoch, ...decodeCarryOver(encodeCarryOver(evaluation)) }
    return [evaluation]
  })
}
const leavesOf = (epochs: readonly Epoch[], network?: Network): Leaf[] =>
  run(epochs, network).map(({ leaves }) => leaves[0]!)
const times = (count: number, seen: Epoch): Epoch[] => new Array<Epoch>(count).fill(seen)

describe('a window of several epochs', () => {
  it('gives each receiver one session, in one epoch of the window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 12 }), fc.integer({ min: 0, max: 3 }), (verifiers, window) => {
        const epochs = [1, 2, 3].map(place => assign(factsAt(window * W + place, { verifiers }), WINDOWS))
        const due = epochs.map(plan => plan.dueOf(PROVIDER))
        expect(due.flat().sort((a, b) => a - b)).to.deep.equal(epochs[0]!.receiversOf(PROVIDER))
        for (const [i, plan] of epochs.entries()) {
          expect(plan.receiversOf(PROVIDER)).to.deep.equal(epochs[0]!.receiversOf(PROVIDER))
          for (const sessions of [plan.sessions, plan.repeats]) {
            expect(sessions.map(({ receiver }) => receiver).sort((a, b) => a - b)).to.deep.equal(due[i])
          }
        }
        expect(Math.max(...due.map(one => one.length)) - Math.min(...due.map(one => one.length))).to.be.at.most(1)
      }),
    )
  })

  it('is tallied in the report of its last epoch, over the votes of all', () => {
    const leaves = leavesOf([kept, low, kept, ...times(3, low)])
    expect(leaves.slice(0, 2).map(({ status, rateKbps, scoreBps }) => [status, rateKbps, scoreBps])).to.deep.equal([
      [STATUS.unmeasured, 0, 0],
      [STATUS.unmeasured, 0, 0],
    ])
    expect(leaves[2]).to.include({
      status: STATUS.measured,
      rateKbps: CLAIM_KBPS,
      breachBits: 0,
      windowVotes: ZERO_HASH,
    })
    expect(leaves[4]).to.include({ rateKbps: CLAIM_KBPS, breachBits: 0, scoreBps: leaves[2]!.scoreBps })
    expect(leaves[5]).to.include({ rateKbps: CLAIM_KBPS / 10, breachBits: 1 })
  })

  it('brings its soak votes into force with the report that ends it, late or not', () => {
    const inForce = (epochs: readonly Epoch[], network: Network = {}) =>
      run(epochs, { soak: true, ...network }).map(({ soakVotes }) =>
        (soakVotes.get(PROVIDER) ?? []).map(({ epoch }) => epoch).sort((a, b) => a - b),
      )
    const [first, second, third, fourth] = inForce([kept, kept, kept, low])
    expect([first, second]).to.deep.equal([[], []])
    expect(new Set(third)).to.deep.equal(new Set([1, 2, 3]))
    expect(third).to.have.length(7).and.to.deep.equal(fourth)
    const [, , late] = inForce([kept, kept, undefined, low])
    expect(new Set(late)).to.deep.equal(new Set([1, 2]))
    const gone: Network = { provider: epoch => ({ active: epoch < 3 }) }
    expect(new Set(inForce([kept, kept, kept], gone)[2])).to.deep.equal(new Set([1, 2]))
  })

  it('costs stake only if two thirds of its receivers vote low, however the low votes lie in it', () => {
    const places = fc.array(fc.boolean(), { minLength: 7, maxLength: 7 })
    fc.assert(
      fc.property(places, isLow => {
        expect(assign(factsAt(1, {}), WINDOWS).receiversOf(PROVIDER)).to.have.length(7)
        const seen = (receiver: number) => (isLow[(receiver - 1) / 2] ? low : kept)
        const leaf = leavesOf(times(3, seen))[2]!
        expect(leaf.breachBits).to.equal(isLow.filter(Boolean).length >= 5 ? 1 : 0)
      }),
      { numRuns: 40 },
    )
  })

  it('carries its votes under a digest in the leaf, and nothing else', () => {
    const [first, second, third] = run([kept, low, kept])
    for (const { leaves, windows } of [first!, second!]) {
      expect(leaves[0]!.windowVotes).to.equal(windowDigest(windows.get(PROVIDER)))
      expect(leaves[0]!.windowVotes).not.to.equal(ZERO_HASH)
    }
    expect(
      second!.windows
        .get(PROVIDER)!
        .votes.all()
        .map(({ epoch }) => epoch),
    ).to.deep.equal([1, 1, 2, 2])
    expect(third!.windows.size).to.equal(0)
    const [encoded] = encodeCarryOver(second!)
    const forged = { ...second!, windows: first!.windows }
    expect(() => decodeCarryOver(encodeCarryOver(forged))).to.throw('do not match')
    expect(() => decodeCarryOver([encoded!.subarray(0, encoded!.length - 1)])).to.throw(RangeError)
  })

  it('attack: a peer hands out other votes under the digest of the leaf, and nobody takes them', () => {
    const [first] = run([kept])
    const window = first!.windows.get(PROVIDER)!
    const { votes } = window
    const withVotes = (bytes: Uint8Array) => {
      const forged = { ...window, votes: new WindowVotes(bytes) }
      expect(windowDigest(forged), 'the chain is the right one').to.equal(first!.leaves[0]!.windowVotes)
      const windows = new Map([[PROVIDER, forged]])
      return () => decodeCarryOver(encodeCarryOver({ ...first!, windows }))
    }
    expect(withVotes(votes.bytes)).not.to.throw()
    const low = WindowVotes.of(votes.all().map(vote => ({ ...vote, counted: COUNTED.under, rateKbps: 1 })))
    expect(withVotes(Buffer.concat([votes.chain, low.bytes.subarray(32)]))).to.throw('do not match')
    expect(withVotes(votes.chain)).to.throw('do not match')
    expect(withVotes(Buffer.concat([votes.bytes, votes.bytes.subarray(32)]))).to.throw('do not match')
  })

  it('loses the votes of an epoch without a report, and is unmeasured below 2f+1', () => {
    expect(leavesOf([kept, undefined, kept])[1]).to.include({ status: STATUS.measured, rateKbps: CLAIM_KBPS })
    expect(leavesOf([undefined, undefined, low])[0]).to.include({ status: STATUS.unmeasured, breachBits: 0 })
  })

  it('is tallied by the first report after it, if its last epoch has none', () => {
    const [, , late] = leavesOf([low, low, undefined, kept])
    // Only four of seven voted: no quorum.
    expect(late).to.include({ status: STATUS.unmeasured, pathlessQ2: 0 })
    const whole = leavesOf([low, low, undefined, kept], { verifiers: 4 })
    // Of four receivers, one is due in each of the first two epochs and two in the last.
    expect(whole[2]).to.include({ status: STATUS.unmeasured, pathlessQ2: 0 })
    const voted = leavesOf([...times(3, low), low, low, undefined, ...times(3, low)], { verifiers: 8 })
    const bits = voted.map(({ epoch, breachBits }) => [epoch, breachBits])
    // Of eight receivers, five are due in the first two epochs: 2f+1.
    expect(bits).to.deep.equal([
      ...[
        [1, 0],
        [2, 0],
        [3, 1],
        [4, 1],
        [5, 1],
      ],
      ...[
        [7, 0b11],
        [8, 0b11],
        [9, 0],
      ],
    ])
    expect(voted.map(({ penaltyBps }) => penaltyBps > 0)).to.deep.equal([...times(7, undefined).map(() => false), true])
  })

  it('may end in one report with the window before, and then brings no second penalty', () => {
    const leaves = leavesOf([...times(6, low), low, low, undefined, undefined, undefined, low], { verifiers: 8 })
    const last = leaves.at(-1)!
    expect(last.epoch).to.equal(12)
    // The late third window is the third breach. Of the fourth window one slice voted, which is no quorum.
    expect(last.penaltyBps).to.be.greaterThan(0)
    expect(last).to.include({ breachBits: 0, status: STATUS.unmeasured })
  })

  it('brings its penalty in one leaf alone', () => {
    const leaves = leavesOf([...times(9, low), low, low])
    expect(leaves.filter(({ penaltyBps }) => penaltyBps > 0).map(({ epoch }) => epoch)).to.deep.equal([9])
  })

  it('counts ticks of all receivers in all its epochs', () => {
    const down = { ...kept, answered: 0n }
    const leaves = leavesOf([kept, down, kept])
    expect(leaves.map(({ ticksTotalQ16 }) => ticksTotalQ16)).to.deep.equal([0, 0, 3 * 65_536 * TICKS])
    expect(leaves[2]!.ticksUpQ16).to.equal(2 * 65_536 * TICKS)
    expect(leavesOf([kept, undefined, kept])[1]!.ticksTotalQ16).to.equal(2 * 65_536 * TICKS)
  })

  it('leaves five whole windows to repair a path', () => {
    const leaves = leavesOf(times(8 * W, pathless)).filter(({ epoch }) => epoch % W === 0)
    expect(leaves.map(({ breachBits }) => breachBits)).to.deep.equal([0, 0, 0, 0, 0, 1, 0b11, 0])
    expect(leaves.at(-1)!.penaltyBps).to.equal(PARAMS.maxPenaltyBps)
  })
})

describe('a provider that changes within a window', () => {
  it('is first measured in the next, if it registers in the middle', () => {
    const joins = (epoch: number) => (epoch < 2 ? undefined : { inWindow: epoch > W })
    const evaluations = run([kept, ...times(5, low)], { provider: joins })
    const leaves = evaluations.flatMap(({ leaves }) => leaves)
    expect(evaluations[0]!.leaves).to.have.length(0)
    expect(assign(factsAt(2, { provider: joins }), WINDOWS).receiversOf(PROVIDER)).to.have.length(0)
    for (const leaf of leaves.slice(0, 2)) {
      expect(leaf).to.include({ status: STATUS.unmeasured, pathlessQ2: 0, breachBits: 0, windowVotes: ZERO_HASH })
    }
    expect(leaves.at(-1)).to.include({ epoch: 6, breachBits: 1 })
  })

  it('has no leaf and no sessions once it has left, and those that stay keep their receivers', () => {
    const chain = factsAt(2, {})
    const pair = [providerNamed(0, { link: LINK }), providerNamed(1, { link: LINK })]
    const before = assign({ ...chain, providers: pair }, WINDOWS)
    const after = assign({ ...chain, providers: [{ ...pair[0]!, active: false }, pair[1]!] }, WINDOWS)
    const stays = account('provider 1')
    expect(after.receiversOf(stays)).to.deep.equal(before.receiversOf(stays))
    expect(after.sessions.every(({ provider }) => provider === stays)).to.equal(true)
    const left = run([kept, kept, kept], { provider: epoch => ({ active: epoch === 1 }) })
    expect(left.map(({ leaves }) => leaves.length)).to.deep.equal([1, 1, 0])
    expect(left[1]!.leaves[0]).to.include({ status: STATUS.unmeasured, windowVotes: ZERO_HASH })
  })

  it('attack: leaves before the end of its third bad window, and pays by the votes that are cast already', () => {
    // Of eight receivers, five are due in the first two epochs of a window: 2f+1.
    const stays = leavesOf(times(9, low), { verifiers: 8 })
    const leaves = leavesOf(times(9, low), { verifiers: 8, provider: epoch => ({ active: epoch < 9 }) })
    expect(leaves.at(-1)).to.include({ epoch: 9, breachBits: 0, penaltyBps: stays.at(-1)!.penaltyBps })
    expect(leaves.at(-1)!.penaltyBps).to.be.greaterThan(0)
    expect(leaves.at(-1)!.assignedRoot).to.equal(leaves.at(-2)!.assignedRoot)
    const earlier = run(times(9, low), { verifiers: 8, provider: epoch => ({ active: epoch < 8 }) })
    expect(earlier[7]!.leaves[0]).to.include({ status: STATUS.unmeasured, breachBits: 0b11, penaltyBps: 0 })
    expect(earlier[8]!.leaves).to.have.length(0)
  })
})

describe('the link in a leaf', () => {
  const linked = (share: (place: number) => Hex) => (receiver: number) => ({ ...kept, link: share((receiver - 1) / 2) })

  it('is the one that most receivers saw, from the end of the window on', () => {
    const leaves = leavesOf([
      ...times(
        3,
        linked(place => (place < 3 ? OTHER_LINK : LINK)),
      ),
      ...times(2, kept),
    ])
    expect(leaves.map(({ link }) => link)).to.deep.equal([ZERO_HASH, ZERO_HASH, LINK, LINK, LINK])
  })

  it('is nothing that f receivers alone can name, and stays if nobody names one', () => {
    const few = leavesOf(
      times(
        3,
        linked(place => (place < 2 ? OTHER_LINK : ZERO_HASH)),
      ),
    )
    expect(few.at(-1)!.link).to.equal(ZERO_HASH)
    const silent = leavesOf([...times(3, kept), ...times(3, { ...kept, link: ZERO_HASH })])
    expect(silent.at(-1)!.link).to.equal(LINK)
  })

  it('is named by a provider that shows half of its receivers another address all the same', () => {
    const halves = leavesOf(
      times(
        3,
        linked(place => (place % 2 === 0 ? LINK : OTHER_LINK)),
      ),
    )
    expect(halves.at(-1)!.link).to.equal(LINK)
  })
})
