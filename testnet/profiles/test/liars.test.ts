import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { classifyVote } from '../../../verifier/core/scoring/classify-vote.js'
import { tallyVotes } from '../../../verifier/core/scoring/tally.js'
import { windowTicks } from '../../../verifier/core/scoring/uptime.js'
import { ALL_OUTCOMES, CLAIM_KBPS, encodedVote, vote } from '../../../verifier/core/test/samples.js'
import { votedHigh, votedLow } from '../verifiers/liars.js'

const TICKS = 12
const TICKS_SENT = (1n << BigInt(TICKS)) - 1n
const RULES = { isSoak: () => false, pathlessQ2: 0, params: DEVNET }
const SIZES = [4, 5, 6, 7, 10, 31]

type Lie = typeof votedLow

const counted = (one: Vote) => classifyVote(one, CLAIM_KBPS, RULES)

/** All measure the same; the first `liars` vote something else. */
function certified(n: number, liars: number, lie: Lie, truth: (receiver: number) => Vote) {
  const votes = Array.from({ length: n }, (_, receiver) => {
    const read = { ...truth(receiver), ticksSent: TICKS_SENT }
    return receiver < liars ? lie(read, CLAIM_KBPS) : read
  })
  const assigned = votes.map(({ receiver }) => receiver)
  const tally = tallyVotes({
    ...{ votes, assigned, groups: [], claimKbps: CLAIM_KBPS, params: DEVNET, pathlessQ2: 0, isSoak: () => false },
    soak: { held: [], needed: false },
  })
  return { ...tally, ticks: windowTicks(votes.map(encodedVote), n, TICKS) }
}

const kept = (receiver: number) => vote(receiver, OUTCOME.verified, CLAIM_KBPS, { ticksAnswered: TICKS_SENT })
const broken = (receiver: number) => vote(receiver, OUTCOME.under, CLAIM_KBPS / 10)

describe('receivers that lie', () => {
  it('vote what counts, whatever they measured, with one session or two', () => {
    for (const outcome of ALL_OUTCOMES) {
      for (const attempts of [0, 1, 2]) {
        const read = vote(1, outcome, outcome === OUTCOME.verified ? CLAIM_KBPS : 0, { attempts })
        const served = !([OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage] as number[]).includes(outcome)
        if (served)
          expect(counted(votedLow(read, CLAIM_KBPS))).to.include({ counted: 'under', rateKbps: CLAIM_KBPS / 2 })
        expect(counted(votedHigh(read, CLAIM_KBPS))).to.include({ counted: 'rate', rateKbps: CLAIM_KBPS })
      }
    }
  })

  it('change nothing while they are at most f: no rate, no breach, no tick', () => {
    for (const n of SIZES) {
      const f = faultsTolerated(n)
      expect(certified(n, f, votedLow, kept)).to.deep.include({
        ...{ rateKbps: CLAIM_KBPS, breach: false, ticks: { up: TICKS, total: TICKS } },
      })
      for (const lie of [votedLow, votedHigh]) {
        expect(certified(n, f, lie, broken)).to.deep.include({
          ...{ rateKbps: CLAIM_KBPS / 10, breach: true, ticks: { up: 0, total: TICKS } },
        })
      }
    }
  })

  it('make no breach while they are at most 2f, and one of 2f + 1', () => {
    for (const n of SIZES) {
      const f = faultsTolerated(n)
      expect(certified(n, 2 * f, votedLow, kept).breach).to.equal(false)
      expect(certified(n, 2 * f + 1, votedLow, kept).breach).to.equal(true)
    }
  })

  it('prevent a breach as soon as fewer than 2f + 1 others are left', () => {
    for (const n of SIZES) {
      const most = n - 2 * faultsTolerated(n) - 1
      expect(certified(n, most, votedHigh, broken).breach).to.equal(true)
      expect(certified(n, most + 1, votedHigh, broken).breach).to.equal(false)
    }
  })

  it('move no rate while they are fewer than half and all others have a reading', () => {
    for (const n of SIZES) {
      const fewer = Math.ceil(n / 2) - 1
      expect(certified(n, fewer, votedLow, kept).rateKbps).to.equal(CLAIM_KBPS)
      expect(certified(n, fewer, votedHigh, broken).rateKbps).to.equal(CLAIM_KBPS / 10)
      expect(certified(n, Math.floor(n / 2) + 1, votedLow, kept).rateKbps).to.equal(CLAIM_KBPS / 2)
    }
  })
})
