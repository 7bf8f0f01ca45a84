/** One pipeline: a receiver that has just measured and somebody who reads its transcript judge the same evidence. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { SessionRecord } from '../../../proto/messages.js'
import { OVERHEAD_MS, START_LEAD_MS } from '../../constants.js'
import { silent } from '../../test/fixtures/behaviours.js'
import { failed, keysOf, written } from '../../test/fixtures/records.js'
import { type Behaviour, honest, Network, type NetworkOptions } from '../../test/harness.js'
import { judge } from '../../verdict/judge.js'
import type { SessionResult } from '../../verdict/outcome.js'
import { factsOf } from '../facts.js'
import { listedRuns, verifyRuns } from '../listed-runs.js'
import { verifyTranscript } from '../verify.js'

const CLAIM_KBPS = 10_000

/** The verified data of each sender. */
const verifiedOffline = ({ senderRecords, durationMs }: SessionRecord) =>
  Promise.all(
    senderRecords.map(sender => verifyRuns(listedRuns(sender), sender.reveal?.key, (durationMs + OVERHEAD_MS) * 1000)),
  )

describe('the pipeline from a session to a vote', () => {
  async function measured(
    options: Partial<NetworkOptions>,
    behaviours: Behaviour[] = [],
  ): Promise<{ network: Network; result: SessionResult }> {
    const network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    try {
      return { network, result: await network.measureUndisturbed(behaviours) }
    } finally {
      await network.close()
    }
  }

  const CASES: Record<string, [outcome: string, options: Partial<NetworkOptions>, behaviours?: Behaviour[]]> = {
    'a session at the claim': ['verified', {}],
    'a session below it, with a direct probe': ['under', { limitKbps: CLAIM_KBPS / 4 }],
    'a session with one silent sender': ['verified', {}, [honest, silent]],
    'a session beside other receivers': ['verified', { startsInMs: START_LEAD_MS }],
    'a soak at the claim': ['verified', { soakMs: 1500 }],
    'a soak below it': ['under', { soakMs: 4500, limitKbps: CLAIM_KBPS / 2 }],
  }
  for (const [name, [outcome, options, behaviours]] of Object.entries(CASES)) {
    it(`judges the record of ${name} exactly as the session was judged`, async () => {
      const { network, result } = await measured(options, behaviours)
      expect(result.outcome.kind, JSON.stringify([result.outcome, network.notes])).to.equal(outcome)
      const record = written(result.record)
      const verified = await verifiedOffline(record)
      expect(judge(factsOf(record, verified))).to.deep.equal(result.outcome)
      expect(factsOf(record, verified)).to.deep.equal(factsOf(result.record, verified))
      const verification = await verifyTranscript(record, keysOf(network))
      expect(failed(verification.checks)).to.deep.equal([])
      expect(verification.outcome).to.deep.equal(result.outcome)
      expect(verification.evidence).to.deep.equal(result.evidence)
    })
  }

  it('loses no bit of a reading in encoding', async () => {
    const { result } = await measured({ limitKbps: CLAIM_KBPS / 4 })
    const verified = await verifiedOffline(result.record)
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 10, maxLength: 10 }), doubles => {
        const [rateKbps, fromMs, toMs, sinceMs, delayMs, starvedMs, riseMs, hoarding, spanMs, controlMs] = doubles as [
          ...[number, number],
          ...[number, number, number, number],
          ...[number, number, number, number],
        ]
        const record: SessionRecord = {
          ...result.record,
          estimate: { rateKbps, windows: 9, fromMs, toMs },
          ...{ sinceMs, starvedMs },
          senderRecords: result.record.senderRecords.map(sender => ({
            ...sender,
            ...{ riseMs, hoarding, delayMs, controlFlow: { sent: 100, fromMs: 50, spanMs, riseMs: controlMs } },
          })),
        }
        expect(factsOf(written(record), verified)).to.deep.equal(factsOf(record, verified))
      }),
      { numRuns: 50 },
    )
  })
})
