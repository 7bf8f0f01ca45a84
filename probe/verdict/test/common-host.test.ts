import { expect } from 'chai'
import fc from 'fast-check'
import { commonHost, hasManyHosts } from '../common-host.js'
import { toleratedSenders } from '../share.js'

const PROVIDER = '192.0.2.7'
const anyHost = fc.constantFrom(undefined, PROVIDER, '198.51.100.1', '198.51.100.2', '2001:db8::1')

describe('the common host', () => {
  it('is the one that k − f′ sessions showed, and there is never another', () => {
    expect(commonHost([PROVIDER, PROVIDER, '198.51.100.1'])).to.equal(PROVIDER)
    expect(commonHost(['198.51.100.1', PROVIDER, PROVIDER])).to.equal(PROVIDER)
    expect(commonHost([PROVIDER, undefined, undefined])).to.equal(undefined)
    expect(commonHost([PROVIDER, '198.51.100.1', undefined])).to.equal(undefined)
    expect(commonHost([PROVIDER])).to.equal(PROVIDER)
    fc.assert(
      fc.property(fc.array(anyHost, { minLength: 1, maxLength: 9 }), hosts => {
        const host = commonHost(hosts)
        if (host === undefined) return
        expect(hosts.filter(other => other === host).length).to.be.above(hosts.length / 2)
        expect(commonHost([...hosts].reverse())).to.equal(host)
        expect(hasManyHosts(hosts)).to.equal(false)
      }),
    )
  })

  it('is the provider’s if at most f′ senders lie, and no lie of theirs makes the provider show many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.infiniteStream(anyHost), (k, lies) => {
        const liars = toleratedSenders(k)
        const hosts = Array.from({ length: k }, (_, i) => (i < liars ? lies.next().value : PROVIDER))
        expect(commonHost(hosts)).to.equal(PROVIDER)
        expect(hasManyHosts(hosts)).to.equal(false)
      }),
    )
  })

  it('is missing, and the provider’s doing, if every session shows another', () => {
    expect(hasManyHosts([PROVIDER, '198.51.100.1', '198.51.100.2'])).to.equal(true)
    expect(hasManyHosts([PROVIDER, '198.51.100.1', undefined]), 'one liar explains it').to.equal(false)
    expect(hasManyHosts([undefined, undefined, undefined])).to.equal(false)
  })
})
