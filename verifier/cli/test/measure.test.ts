import { expect } from 'chai'
import type { Measurement, Outcome } from '../../../probe/verdict/outcome.js'
import { EXIT_CODE } from '../../config/errors.js'
import { account } from '../../core/test/samples.js'
import { measureSchema } from '../../evidence/schema/measure.js'
import { measurementText } from '../measure.js'
import { measureFault, verdictOf } from '../measure-verdict.js'

const measurement: Measurement = {
  ...{ rateKbps: 20_000, arrivedKbps: 20_000, verifiedKbps: 20_000, goodputKbps: 19_283, lossBps: 12, jitterUs: 340 },
  delayUs: 0,
  ...{ offeredKbps: 31_250, controlLossBps: 0, controlDelayUs: 10, directKbps: 26_000, windows: 12, durationMs: 600 },
  receivedBytes: 2_500_000,
}
const OWN = { claimKbps: 25_000, registeredKbps: 25_000, thresholdKbps: 18_750 }
const verdict = (outcome: Outcome) => verdictOf(outcome, OWN)

describe('measure', () => {
  it('has a verdict for every outcome', () => {
    expect(verdict({ kind: 'verified', measurement: { ...measurement, rateKbps: 25_000 } })).to.equal(
      'The provider keeps its claim of 25.00 Mbit/s.',
    )
    const all: Outcome[] = [
      { kind: 'verified', measurement },
      { kind: 'under', measurement },
      ...(['sender-limited', 'path-limited', 'unstable', 'no-control', 'receiver-overrun'] as const).map(reason => ({
        ...{ kind: 'at-least' as const, measurement, reason },
      })),
      { kind: 'refused', refusals: 1 },
      { kind: 'dead', granted: 1 },
      { kind: 'garbage', measurement },
      ...(['provider-unreachable', 'senders-missing', 'path-not-validated', 'receiver-fault'] as const).map(reason => ({
        ...{ kind: 'no-data' as const, reason },
      })),
    ]
    for (const outcome of all) {
      const found = {
        provider: account('provider'),
        claimKbps: 25_000,
        registeredKbps: 25_000,
        outcome,
        verdict: '',
        rates: [],
      }
      expect(measureSchema.parse(found)).to.deep.equal(found)
    }
    const texts = all.map(verdict)
    expect(new Set(texts).size).to.equal(all.length)
    for (const text of texts) expect(text).to.match(/^[A-Z].*[.]$/)
    const codes = all.map(outcome => measureFault(outcome) ?? 'success')
    expect(codes).to.deep.equal([
      ...['success', 'below-threshold'],
      ...Array.from({ length: 5 }, () => 'not-measured'),
      ...['not-served', 'not-served', 'not-served'],
      ...Array.from({ length: 4 }, () => 'not-measured'),
    ])
    expect(new Set(Object.values(EXIT_CODE)).size).to.equal(Object.keys(EXIT_CODE).length)
  })

  it('does not call a rate that somebody asked about the claim of the provider', () => {
    const asked = { claimKbps: 20_000, registeredKbps: 25_000, thresholdKbps: 15_000 }
    expect(verdictOf({ kind: 'verified', measurement }, asked)).to.equal(
      'The provider carried the 20.00 Mbit/s asked about (the provider claims 25.00 Mbit/s).',
    )
    expect(verdictOf({ kind: 'refused', refusals: 1 }, asked)).to.include(
      'Or it refuses 20.00 Mbit/s, since it claims 25.00 Mbit/s.',
    )
    expect(verdict({ kind: 'refused', refusals: 1 })).not.to.include('Or it refuses')
  })

  it('says that verifiers may have measured at the same time where that could make the difference', () => {
    for (const kind of ['under', 'verified'] as const)
      expect(verdict({ kind, measurement })).to.include('Verifiers may have measured it at the same moment')
    const kept = { ...measurement, rateKbps: 25_000 }
    expect(verdict({ kind: 'verified', measurement: kept })).not.to.include('Verifiers')
  })

  it('shows the rate over time, the figures and the verdict', () => {
    const points = Array.from({ length: 200 }, (_, i) => ({ ms: 50 * i, kbps: 20_000 }))
    const text = measurementText({ kind: 'verified', measurement }, points)
    expect(text).to.contain('Mbit/s, over 9.9 s')
    expect(text).to.contain('read 20.00 Mbit/s (IP layer; payload 19.28 Mbit/s) in 0.60 s after the discard')
    expect(Math.max(...text.split('\n').map(line => line.length))).to.be.at.most(100)
    expect(measurementText({ kind: 'refused', refusals: 1 }, [])).to.equal('')
  })
})
