/** Fault: two processes run with the keys of one provider. */
import { expect } from 'chai'
import { OwnAnnouncement } from '../own-announcement.js'

const own = { peerId: 'one', multiaddrs: ['/ip4/203.0.113.4/tcp/4002'] }
const other = { peerId: 'one', multiaddrs: ['/ip4/198.51.100.7/tcp/4002'] }

describe('what a provider announced of itself', () => {
  let warnings: string[]
  let announcement: OwnAnnouncement

  beforeEach(() => {
    warnings = []
    const note = (text: unknown) => warnings.push(String(text))
    announcement = new OwnAnnouncement(own, { info: () => undefined, warn: note })
  })

  it('is a fault once another process has announced other addresses, told once', () => {
    announcement.see(own)
    expect(announcement.fault).to.equal(undefined)
    for (let look = 0; look < 3; look++) announcement.see(other)
    expect(announcement.fault).to.include('/ip4/198.51.100.7/tcp/4002').and.to.include('stop one of the two')
    expect(warnings).to.deep.equal([announcement.fault])
  })

  it('is a fault with another peer id, and with none on the chain after a reorganisation', () => {
    for (const onChain of [{ ...own, peerId: 'two' }, undefined]) {
      const seen = new OwnAnnouncement(own, { info: () => undefined, warn: () => undefined })
      seen.see(own)
      seen.see(onChain)
      expect(seen.fault).to.be.a('string')
    }
  })

  it('may be unknown yet to a chain node that lags', () => {
    announcement.see(other)
    announcement.see(undefined)
    expect(announcement.fault).to.equal(undefined)
  })

  it('is no fault any more when the other process has given way', () => {
    announcement.see(own)
    announcement.see(other)
    announcement.see(own)
    expect(announcement.fault).to.equal(undefined)
  })
})
