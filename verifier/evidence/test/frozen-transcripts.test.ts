/** Transcripts that release 0.1.0 wrote: whatever changes in the code, they must verify, with the same outcome and figures. */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { Transcript } from '../../../proto/messages.js'
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
})
