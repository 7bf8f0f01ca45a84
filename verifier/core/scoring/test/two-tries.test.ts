import { expect } from 'chai'
import fc from 'fast-check'
import type { AtLeastReason, Measurement, NoDataReason, Outcome } from '../../../../probe/verdict/outcome.js'
import { ZERO_HASH } from '../../../../proto/hex.js'
import { assign, type Session } from '../../assignment/assign.js'
import { CLAIM_KBPS, facts, PARAMS } from '../../test/samples.js'
import { classifyVote } from '../classify-vote.js'
import { combine, combineTogether } from '../two-tries.js'
import { makeVote } from '../vote.js'

const measured = (rateKbps: number): Measurement => ({
  ...{ rateKbps, arrivedKbps: rateKbps, verifiedKbps: rateKbps, goodputKbps: rateKbps, lossBps: 0, jitterUs: 0 },
  ...{ offeredKbps: 41_250, controlLossBps: 0, controlDelayUs: 0, delayUs: 0, directKbps: 2 * rateKbps },
  ...{ windows: 8, durationMs: 400, receivedBytes: 1_000_000 },
})
const verified = (kbps = CLAIM_KBPS): Outcome => ({ kind: 'verified', measurement: measured(kbps) })
const under = (kbps: number): Outcome => ({ kind: 'under', measurement: measured(kbps) })
const atLeast = (kbps: number, reason: AtLeastReason): Outcome => ({
  ...{ kind: 'at-least', reason, measurement: measured(kbps) },
})
const noData = (reason: NoDataReason): Outcome => ({ kind: 'no-data', reason })
const dead: Outcome = { kind: 'dead', granted: 3 }
const refused: Outcome = { kind: 'refused', refusals: 3 }
const garbage: Outcome = { kind: 'garbage', measurement: measured(CLAIM_KBPS) }

const lowRate = fc.integer({ min: 0, max: 0.75 * CLAIM_KBPS - 1 })
const fault = fc.oneof(lowRate.map(under), fc.constantFrom(dead, refused, garbage))
/** What one sender of three can make of a session, whatever it does. */
const REASONS = [
  'sender-limited',
  'sender-spoiled',
  'unstable',
  'no-control',
  'path-limited',
  'receiver-overrun',
] as const
const spoilt = fc.oneof(
  fc.tuple(lowRate, fc.constantFrom<AtLeastReason>(...REASONS)).map(([kbps, reason]) => atLeast(kbps, reason)),
  fc.constantFrom(noData('senders-missing'), noData('receiver-fault')),
)
const any = fc.oneof(fault, spoilt, fc.constant(verified()), fc.constant(noData('provider-unreachable')))
const FAULTS = ['under', 'dead', 'refused', 'garbage']
const both = (first: Outcome, second: Outcome) => combine({ outcome: first }, { outcome: second }).result!.outcome

describe('two tries', () => {
  it('keep the claim if one of them does', () => {
    fc.assert(
      fc.property(any, other => {
        expect(both(verified(), other).kind).to.equal('verified')
        expect(both(other, verified()).kind).to.equal('verified')
      }),
    )
  })

  it('blame the provider for no more than the better reading, if both show a fault', () => {
    expect(both(under(9_000), under(12_000))).to.deep.equal(under(12_000))
    expect(both(dead, under(12_000))).to.deep.equal(under(12_000))
    expect(both(under(12_000), garbage)).to.deep.equal(under(12_000))
    expect(both(dead, dead)).to.deep.equal(dead)
    expect(both(refused, dead)).to.deep.equal(refused)
  })

  it('blame it for nothing if one of them did not reach it', () => {
    fc.assert(
      fc.property(fault, fc.boolean(), (bad, swapped) => {
        const unreached = noData('provider-unreachable')
        expect(swapped ? both(unreached, bad) : both(bad, unreached)).to.equal(unreached)
      }),
    )
  })

  it('keep the higher of two lower bounds', () => {
    expect(both(atLeast(9_000, 'path-limited'), atLeast(12_000, 'no-control'))).to.include({ reason: 'no-control' })
    expect(both(noData('senders-missing'), atLeast(1_000, 'unstable'))).to.include({ kind: 'at-least' })
  })

  it('blame it for what one try shows if the other shows nothing, and for nothing if both show nothing', () => {
    fc.assert(
      fc.property(fault, spoilt, spoilt, (bad, one, other) => {
        expect(both(bad, one)).to.equal(bad)
        expect(both(one, bad)).to.equal(bad)
        expect(FAULTS).not.to.include(both(one, other).kind)
      }),
    )
  })

  it('that reached nobody are a refusal only if the provider answered its heartbeats', () => {
    const tries = [dead, noData('provider-unreachable')].map(outcome => ({ outcome, evidence: NO_EVIDENCE }))
    const combined = combine(tries[0], tries[1])
    const vote = (ticksAnswered: bigint) =>
      makeVote({
        ...{ epoch: 4, provider: ZERO_HASH, receiver: 1, scheduleProof: ZERO_HASH, soak: false },
        ...{ ...combined, ticksSent: 0b11n, ticksAnswered },
      })
    expect(vote(0n)).to.include({ outcome: 7, attempts: 2, otherOutcome: 5, second: true })
    expect(vote(0b11n)).to.include({ outcome: 4, attempts: 2 })
  })

  it('are one if only one session ran', () => {
    expect(combine({ outcome: dead }, undefined)).to.deep.equal({
      ...{ result: { outcome: dead }, other: undefined, second: false },
    })
    expect(combine(undefined, { outcome: dead })).to.deep.equal({
      ...{ result: { outcome: dead }, other: undefined, second: true },
    })
    expect(combine(undefined, undefined)).to.deep.equal({ result: undefined, other: undefined, second: false })
  })
})

describe('two tries with the providers of one link', () => {
  const of = (...outcomes: Outcome[]) => outcomes.map(outcome => ({ outcome }))
  const results = (first: Outcome[], second: Outcome[]) =>
    combineTogether(of(...first), of(...second)).map(({ result }) => result!.outcome)

  it('rest on one try for all of them: taking turns with the link gains nothing', () => {
    expect(results([verified(), under(1_000)], [under(1_000), verified()])).to.deep.equal([verified(), under(1_000)])
  })

  it('rest on the try that carried more in all', () => {
    expect(results([dead, under(8_000)], [verified(), verified()])).to.deep.equal([verified(), verified()])
  })

  it('tell which try they rest on', () => {
    const secondOf = (first: Outcome[], second: Outcome[]) =>
      combineTogether(of(...first), of(...second)).map(({ second: isSecond }) => isSecond)
    const low = atLeast(9_000, 'sender-limited')
    expect(secondOf([dead, under(8_000)], [verified(), verified()])).to.deep.equal([true, true])
    expect(secondOf([verified(), verified()], [dead, under(8_000)])).to.deep.equal([false, false])
    expect(secondOf([verified(), low], [verified(24_000), under(5_000)])).to.deep.equal([false, true])
    expect(secondOf([dead], [under(8_000)])).to.deep.equal([true])
  })

  it('leave out what senders spoiled', () => {
    const low = atLeast(9_000, 'sender-limited')
    expect(results([verified(), low], [verified(24_000), under(5_000)])).to.deep.equal([verified(), under(5_000)])
  })
})

/** @param lied what the liar's sessions show. @returns how every honest receiver's vote counts */
function votesBeside(shape: { verifiers: number; beacon: string; liar: number }, truth: Outcome, lied: () => Outcome) {
  const chain = facts({ ...shape, providers: 1 })
  const { sessions, repeats } = assign(chain, { ...PARAMS, epochSeconds: 3_600 })
  const liar = chain.verifiers[shape.liar % shape.verifiers]!.index
  const tryOf = ({ senders }: Session) => ({
    outcome: senders.includes(liar) ? lied() : truth,
    evidence: NO_EVIDENCE,
  })
  return sessions
    .filter(({ receiver }) => receiver !== liar)
    .map(session => {
      const repeat = repeats.find(({ receiver }) => receiver === session.receiver)!
      const vote = makeVote({
        ...{ epoch: 4, provider: session.provider, receiver: session.receiver, soak: false, scheduleProof: ZERO_HASH },
        ...{ ...combine(tryOf(session), tryOf(repeat)), ticksSent: 1n, ticksAnswered: 1n },
      })
      return classifyVote(vote, CLAIM_KBPS, { isSoak: () => false, pathlessQ2: 0, params: PARAMS }).counted
    })
}

const NO_EVIDENCE = {
  ...{
    sessionId: ZERO_HASH,
    chunkRoot: ZERO_HASH,
    keyCommitments: ZERO_HASH,
    sessionPeers: ZERO_HASH,
    receiptHead: ZERO_HASH,
  },
  ...{ unverifiableSenders: 0, providerHost: undefined },
}

describe('one lying sender', () => {
  const shape = (min: number, max: number) =>
    fc.record({ verifiers: fc.integer({ min, max }), beacon: fc.string(), liar: fc.nat() })
  const lies = fc.infiniteStream(fc.oneof(fault, spoilt))
  const spoils = fc.infiniteStream(fc.oneof(fault, spoilt))

  // Stronger than any real sender: here it forges whole outcomes, for which it would need f' + 1 of the k senders.
  it('makes no low vote with seven verifiers or more, whatever its sessions show', () => {
    fc.assert(
      fc.property(shape(7, 12), lies, (given, stream) => {
        const votes = votesBeside(given, verified(), () => stream.next().value)
        expect(votes.every(counted => counted === 'rate')).to.equal(true)
      }),
    )
  })

  it('vetoes no low vote with seven verifiers or more', () => {
    fc.assert(
      fc.property(shape(7, 12), spoils, lowRate, (given, stream, rate) => {
        const votes = votesBeside(given, under(rate), () => stream.next().value)
        expect(votes.every(counted => counted === 'under')).to.equal(true)
      }),
    )
  })

  it('makes no low vote of what it can do alone with four to six verifiers, but may veto those that it sends for twice', () => {
    fc.assert(
      fc.property(shape(4, 6), fc.infiniteStream(spoilt), lowRate, (given, stream, rate) => {
        const spoil = () => stream.next().value
        expect(votesBeside(given, verified(), spoil)).not.to.include('under')
        for (const counted of votesBeside(given, under(rate), spoil)) expect(counted).to.be.oneOf(['under', 'ignored'])
      }),
    )
    const four = votesBeside({ verifiers: 4, beacon: '', liar: 0 }, under(9_000), () => noData('senders-missing'))
    expect(four).to.deep.equal(['ignored', 'ignored', 'ignored'])
  })
})
