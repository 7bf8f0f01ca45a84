/** Whose fault a refusal is: no request out of order blames a provider, and no reason hides one. */
import { expect } from 'chai'
import fc from 'fast-check'
import { REFUSE } from '../../wire/refuse-reasons.js'
import { type Asked, refusalOf } from '../refusals.js'

const asked: Asked = {
  receiverHost: '9.9.9.9',
  providerHosts: ['8.8.8.8'],
}

const refusal = (reason: number, more: Partial<Asked> = {}, token?: boolean) =>
  refusalOf(
    { refuse: { sessionId: new Uint8Array(32), reason, signature: new Uint8Array(64), opener: '' }, token },
    { ...asked, ...more },
  )

describe('a refusal', () => {
  it('is none without one', () => {
    expect(refusalOf({}, asked)).to.equal(undefined)
    expect(refusalOf({ token: true }, asked)).to.equal(undefined)
  })

  it('as busy is the provider’s fault only to an opener with a token', () => {
    expect(refusal(REFUSE.busy, {}, true)).to.equal('at-fault')
    expect(refusal(REFUSE.busy, {}, false)).to.equal('in-doubt')
    expect(refusal(REFUSE.busy)).to.equal('in-doubt')
  })

  it('because the provider serves nobody is its fault', () => {
    expect(refusal(REFUSE.notServing)).to.equal('at-fault')
  })

  it('for a lane is the provider’s fault, since no probe names one', () => {
    expect(refusal(REFUSE.lane)).to.equal('at-fault')
  })

  it('for what only the provider saw is in doubt', () => {
    for (const reason of [REFUSE.replayed, REFUSE.otherProvider, REFUSE.token])
      expect(refusal(reason, {}, true)).to.equal('in-doubt')
  })

  for (const reason of [REFUSE.tooMuch, REFUSE.malformed])
    it(`with reason ${reason} is the provider’s fault only if the request was in order`, () => {
      expect(refusal(reason)).to.equal('at-fault')
      for (const wrong of [{ receiverHost: 'example.org' }, { receiverHost: '' }])
        expect(refusal(reason, wrong), JSON.stringify(wrong)).to.equal('in-doubt')
    })

  it('for the next hop’s address is the provider’s fault if any relay, or this one, may reach it', () => {
    expect(refusal(REFUSE.nextHop)).to.equal('at-fault')
    expect(refusal(REFUSE.nextHop, { providerHosts: [] })).to.equal('at-fault')
    for (const receiverHost of ['10.0.0.9', '127.0.0.1', '224.0.0.1', '0.0.0.0', 'fe80::1', 'nonsense'])
      expect(refusal(REFUSE.nextHop, { receiverHost }), receiverHost).to.equal('in-doubt')
    expect(refusal(REFUSE.nextHop, { receiverHost: '10.0.0.9', providerHosts: ['10.0.0.7'] })).to.equal('at-fault')
    expect(refusal(REFUSE.nextHop, { receiverHost: '127.0.0.1', providerHosts: ['127.0.0.1'] })).to.equal('at-fault')
    // A relay that listens everywhere announces its loopback address as well as its public one.
    const everywhere = ['127.0.0.1', '8.8.8.8']
    expect(refusal(REFUSE.nextHop, { receiverHost: '127.0.0.1', providerHosts: everywhere })).to.equal('in-doubt')
  })

  it('for the family is the provider’s fault if it announces an address of it', () => {
    expect(refusal(REFUSE.family)).to.equal('at-fault')
    expect(refusal(REFUSE.family, { providerHosts: ['2001:4860::8888'] })).to.equal('other-family')
    expect(refusal(REFUSE.family, { providerHosts: ['2001:4860::8888', '8.8.8.8'] })).to.equal('at-fault')
    expect(refusal(REFUSE.family, { receiverHost: '2606:4700::1111' })).to.equal('other-family')
  })

  it('by a number that is no reason is the provider’s fault, and nothing that a record holds breaks the judge', () => {
    const reasons: readonly number[] = Object.values(REFUSE)
    fc.assert(
      fc.property(
        fc.nat(),
        fc.string(),
        fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6())),
        (reason, host, hosts) => {
          const found = refusal(reason, { receiverHost: host, providerHosts: hosts })
          return reasons.includes(reason) ? found !== undefined : found === 'at-fault'
        },
      ),
    )
  })
})
