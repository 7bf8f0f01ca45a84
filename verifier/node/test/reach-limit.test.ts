import { expect } from 'chai'
import { ReachLimit } from '../reach-limit.js'

describe('the limit on tests of others’ ports', () => {
  it('lets each host in once a minute', () => {
    const limit = new ReachLimit()
    expect(limit.begin('192.0.2.1', 0)).to.equal(undefined)
    limit.end()
    expect(limit.begin('192.0.2.1', 59_999)).to.match(/less than a minute/)
    expect(limit.begin('192.0.2.2', 59_999)).to.equal(undefined)
    limit.end()
    expect(limit.begin('192.0.2.1', 60_000)).to.equal(undefined)
  })

  it('runs four at once, and thirty a minute, whoever asks', () => {
    const limit = new ReachLimit()
    for (let i = 0; i < 4; i++) expect(limit.begin(`192.0.2.${i}`, i)).to.equal(undefined)
    expect(limit.begin('192.0.2.9', 9)).to.match(/too many/)
    for (let i = 0; i < 4; i++) limit.end()
    let done = 4
    for (let i = 10; i < 250; i++) {
      if (limit.begin(`192.0.2.${i}`, i) !== undefined) continue
      limit.end()
      done++
    }
    expect(done).to.equal(30)
  })
})
