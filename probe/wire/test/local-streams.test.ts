import { expect } from 'chai'
import { streamPair } from '../local-streams.js'

describe('a stream in one process', () => {
  it('ends at both ends', async () => {
    const [one, other] = streamPair('127.0.0.1')
    await one.send(Uint8Array.of(1))
    await one.close()
    expect(await other.receive()).to.deep.equal(Uint8Array.of(1))
    expect(await other.receive()).to.equal(undefined)
  })
})
