import { expect } from 'chai'
import { streamPair } from '../local-streams.js'

const HOST = '127.0.0.1'

describe('local streams', () => {
  it('end at both ends', async () => {
    const [one, other] = streamPair(HOST)
    await one.send(Uint8Array.of(1))
    await one.close()
    expect(await other.receive()).to.deep.equal(Uint8Array.of(1))
    expect(await other.receive()).to.equal(undefined)
  })
})
