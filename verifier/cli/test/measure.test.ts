import { expect } from 'chai'
import type { Measurement, Outcome } from '../../../probe/verdict/outcome.js'
import { account } from '../../core/test/samples.js'
import { measureSchema } from '../../evidence/schema/measure.js'
import { measurementText } from '../measure.js'
import { verdictOf } from '../measure-verdict.js'

const measurement: Measurement = {
  ...{ rateKbps: 20_000, arrivedKbps: 20_000, verifiedKbps: 20_000, goodputKbps: 19_283, lossBps: 12, jitterUs: 340 },
  delayUs: 0,
  ...{ offeredKbps: 31_250, controlLossBps: 0, controlDelayUs: 10, directKbps: 26_000, windows: 12, durationMs: 600 },
  receivedBytes: 2_500_000,
}
const verdict = (outcome: Outcome) => verdictOf(outcome, 25_000, 18_750)

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
      const found = { provider: account('provider'), claimKbps: 25_000, outcome, verdict: '', rates: [] }
      expect(measureSchema.parse(found)).to.deep.equal(found)
    }
    const texts = all.map(verdict)
    expect(new Set(texts).size).to.equal(all.length)
    for (const text of texts) expect(text).to.match(/^[A-Z].*[.]$/)
  })

  it('shows the rate over time, the figures and the verdict', () => {
    const points = Array.from({ length: 200 }, (_, i) => ({ ms: 50 * i, kbps: 20_000 }))
    const text = measurementText({ kind: 'verified', measurement }, 'It does.', points)
    expect(text).to.contain('Mbit/s, over 9.9 s')
    expect(text).to.contain('read 20.00 Mbit/s (IP layer; payload 19.28 Mbit/s) in 0.60 s after the discard')
    expect(text.split('\n').at(-1)).to.equal('It does.')
    expect(Math.max(...text.split('\n').map(line => line.length))).to.be.at.most(100)
    expect(measurementText({ kind: 'refused', refusals: 1 }, 'No.', [])).to.equal('No.')
  })
})
