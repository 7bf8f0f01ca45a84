/** A receiver writes its transcript by itself, so a transcript may hold any number at all. */
import { expect } from 'chai'
import { type SenderRecord, type SessionRecord, Transcript } from '../../../proto/messages.js'
import { checkTranscript, parseTranscript } from '../transcript-checks.js'
import { freshMembers, transcriptOfSession } from './session-transcript.js'

describe('a transcript with absurd numbers', () => {
  it('fails, and does not throw, with readings or bitmaps that no vote can hold', async () => {
    const whole = await transcriptOfSession(await freshMembers())
    const { session } = whole
    const [first, ...others] = session.senderRecords
    const absurd: Partial<SessionRecord>[] = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e308].flatMap(value => [
      { estimate: { ...session.estimate!, rateKbps: value } },
      { estimate: { ...session.estimate!, toMs: value } },
      { direct: { ...session.direct!, rateKbps: value } },
      { starvedMs: value },
      { sinceMs: value },
      { senderRecords: [{ ...first!, hoarding: value }, ...others] },
      { senderRecords: [{ ...first!, jitterUs: 0xffffffff, riseMs: value }, ...others] },
      { senderRecords: [{ ...first!, jitterUs: 0xffffffff, delayMs: value }, ...others] },
    ])
    // No vote can hold a bitmap over 250 senders.
    absurd.push({ senderRecords: new Array<SenderRecord>(250).fill({ ...first!, reveal: undefined }) })
    for (const change of absurd) {
      const changed = parseTranscript(Transcript.encode({ ...whole, session: { ...session, ...change } }), 'changed')
      const { checks } = await checkTranscript(changed)
      expect(
        checks.every(({ holds }) => holds),
        JSON.stringify(change).slice(0, 100),
      ).to.equal(false)
    }
  })
})
