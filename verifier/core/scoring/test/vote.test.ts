import { expect } from 'chai'
import fc from 'fast-check'
import type { Measurement, Outcome, SessionEvidence } from '../../../../probe/verdict/outcome.js'
import { keccakText } from '../../../../proto/hash.js'
import { CAUSE, decodeVote, encodeVote, OUTCOME } from '../../../../proto/vote.js'
import { account } from '../../test/samples.js'
import { makeVote } from '../vote.js'

const MEASUREMENT: Measurement = {
  rateKbps: 24_567.8,
  arrivedKbps: 25_000,
  verifiedKbps: 25_000,
  goodputKbps: 24_001.2,
  lossBps: 12.5,
  jitterUs: 340,
  delayUs: 87_654.3,
  offeredKbps: 41_250,
  controlLossBps: 40,
  controlDelayUs: 730,
  directKbps: 31_000,
  windows: 9,
  durationMs: 700,
  receivedBytes: 3_000_000,
}
const EVIDENCE: SessionEvidence = {
  sessionId: keccakText('session'),
  chunkRoot: keccakText('chunk root'),
  keyCommitments: keccakText('commitments'),
  sessionPeers: keccakText('session peers'),
  receiptHead: keccakText('receipts'),
  unverifiableSenders: 0b10,
  providerHost: undefined,
}
const made = (outcome: Outcome | undefined, ticksSent = 0n, ticksAnswered = 0n) =>
  makeVote({
    epoch: 4,
    provider: account('provider 0'),
    receiver: 3,
    result: outcome && { outcome, evidence: EVIDENCE },
    other: undefined,
    second: false,
    ticksSent,
    ticksAnswered,
    scheduleProof: keccakText('schedule'),
    soak: false,
  })

describe('vote', () => {
  it('carries each outcome of the probe under its number', () => {
    const measurement = MEASUREMENT
    expect(made({ kind: 'verified', measurement }).outcome).to.equal(OUTCOME.verified)
    expect(made({ kind: 'under', measurement }).outcome).to.equal(OUTCOME.under)
    for (const reason of ['sender-limited', 'path-limited', 'unstable', 'no-control', 'receiver-overrun'] as const) {
      expect(made({ kind: 'at-least', measurement, reason }).outcome).to.equal(OUTCOME.atLeast)
    }
    expect(made({ kind: 'refused', refusals: 3 }).outcome).to.equal(OUTCOME.refused)
    expect(made({ kind: 'dead', granted: 3 }).outcome).to.equal(OUTCOME.dead)
    expect(made({ kind: 'garbage', measurement }).outcome).to.equal(OUTCOME.garbage)
    expect(made({ kind: 'no-data', reason: 'senders-missing' }).outcome).to.equal(OUTCOME.noData)
    expect(made(undefined).outcome).to.equal(OUTCOME.noData)
  })

  it('rounds rates down and keeps the evidence', () => {
    const { providerHost: _, ...kept } = EVIDENCE
    expect(made({ kind: 'verified', measurement: MEASUREMENT })).to.include({
      rateKbps: 24_567,
      goodputKbps: 24_001,
      lossBps: 12,
      controlLossBps: 40,
      controlDelayUs: 730,
      directKbps: 31_000,
      ...kept,
    })
  })

  it('gives garbage no rate', () => {
    expect(made({ kind: 'garbage', measurement: MEASUREMENT }).rateKbps).to.equal(0)
  })

  it('counts hanging up as a refusal, if the provider answered half of the heartbeats', () => {
    const unreachable: Outcome = { kind: 'no-data', reason: 'provider-unreachable' }
    expect(made(unreachable, 0b1111n, 0b0011n).outcome).to.equal(OUTCOME.refused)
    expect(made(unreachable, 0b1111n, 0b0001n).outcome).to.equal(OUTCOME.noData)
    expect(made(unreachable, 0n, 0b1111n).outcome).to.equal(OUTCOME.noData)
    expect(made({ kind: 'no-data', reason: 'receiver-fault' }, 0b11n, 0b11n).outcome).to.equal(OUTCOME.noData)
  })

  it('names the cause of a path that is missing', () => {
    for (const [reason, cause] of [
      ['family', CAUSE.family],
      ['path-mtu', CAUSE.pathMtu],
      ['udp-blocked', CAUSE.udpBlocked],
      ['refusals', CAUSE.refusals],
    ] as const)
      expect(made({ kind: 'no-path', reason }, 0b11n)).to.include({ outcome: OUTCOME.noPath, cause, rateKbps: 0 })
    expect(made({ kind: 'dead', granted: 3 }).cause).to.equal(CAUSE.none)
  })

  it('counts a provider as dead whose heartbeats come through while its sessions show no full datagram', () => {
    for (const [reason, cause] of [
      ['udp-blocked', CAUSE.udpBlocked],
      ['path-mtu', CAUSE.pathMtu],
    ] as const) {
      const lost: Outcome = { kind: 'no-path', reason }
      expect(made(lost, 0b1111n, 0b0011n)).to.include({ outcome: OUTCOME.dead, cause: CAUSE.none })
      expect(made(lost, 0b1111n, 0b0001n)).to.include({ outcome: OUTCOME.noPath, cause })
    }
    const refused: Outcome = { kind: 'no-path', reason: 'refusals' }
    expect(made(refused, 0b11n, 0b11n).outcome, 'the senders may be at fault').to.equal(OUTCOME.noPath)
  })

  it('counts no answer to a heartbeat that was not sent', () => {
    expect(made(undefined, 0b0101n, 0b1111n).ticksAnswered).to.equal(0b0101n)
  })

  it('fits its fields, whatever was measured', () => {
    const anything = fc.double()
    const measurements = fc.record({
      rateKbps: anything,
      arrivedKbps: anything,
      verifiedKbps: anything,
      goodputKbps: anything,
      lossBps: anything,
      jitterUs: anything,
      delayUs: anything,
      offeredKbps: anything,
      controlLossBps: anything,
      controlDelayUs: anything,
      directKbps: anything,
      windows: anything,
      durationMs: anything,
      receivedBytes: anything,
    })
    fc.assert(
      fc.property(measurements, fc.bigInt({ min: 0n, max: 1n << 260n }), (measurement, ticks) => {
        const vote = made({ kind: 'under', measurement }, ticks, ticks)
        expect(decodeVote(encodeVote(vote))).to.deep.equal(vote)
      }),
    )
  })
})
