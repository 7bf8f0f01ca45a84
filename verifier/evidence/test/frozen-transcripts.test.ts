/** Transcripts that release 0.1.0 wrote: whatever changes in the code, they must verify, with the same outcome and figures. */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { type SenderRecord, type SessionRecord, Transcript } from '../../../proto/messages.js'
import { checkTranscript, parseTranscript } from '../transcript-checks.js'

const read = (name: string): Promise<Buffer> => readFile(new URL(`./fixtures/transcripts/${name}`, import.meta.url))

describe('a transcript of release 0.1.0', () => {
  for (const name of ['plain.p1', 'plain.p2', 'soaks.p2']) {
    it(`still verifies: ${name}`, async () => {
      const { checks, ...found } = await checkTranscript(parseTranscript(await read(`${name}.transcript`), name))
      expect(checks.filter(({ holds }) => !holds)).to.deep.equal([])
      expect(found).to.deep.equal(JSON.parse((await read('verified.json')).toString())[name])
    })

    it(`still has the same bytes: ${name}`, async () => {
      const bytes = await read(`${name}.transcript`)
      expect(Buffer.from(Transcript.encode(Transcript.decode(bytes))).equals(bytes)).to.equal(true)
    })
  }

  it('fails, and does not throw, with readings or bitmaps that no vote can hold', async () => {
    const parsed = parseTranscript(await read('plain.p2.transcript'), 'plain.p2')
    const { session } = parsed.transcript
    const [first, ...others] = session.senderRecords
    const absurd: Partial<SessionRecord>[] = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e308].flatMap(value => [
      { estimate: { ...session.estimate!, rateKbps: value } },
      { estimate: { ...session.estimate!, toMs: value } },
      { direct: { ...session.direct!, rateKbps: value } },
      { starvedMs: value },
      { senderRecords: [{ ...first!, hoarding: value }, ...others] },
      { senderRecords: [{ ...first!, jitterUs: 0xffffffff, riseMs: value }, ...others] },
    ])
    // No vote can hold a bitmap over 1,500 senders.
    absurd.push({ senderRecords: new Array<SenderRecord>(1500).fill({ ...first!, reveal: undefined }) })
    for (const change of absurd) {
      const transcript = { ...parsed.transcript, session: { ...session, ...change } }
      const changed = parseTranscript(Transcript.encode(transcript), 'changed')
      const { checks } = await checkTranscript(changed)
      expect(
        checks.every(({ holds }) => holds),
        JSON.stringify(change).slice(0, 100),
      ).to.equal(false)
    }
  })
})
