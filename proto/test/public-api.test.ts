import { expect } from 'chai'
import fc from 'fast-check'
import { publicApiEntry, splitPublicApi } from '../public-api.js'

const ADDRESS = '/ip4/203.0.113.7/tcp/4001'

describe('an announced API', () => {
  it('is the first that can be read, and no entry is left among the addresses', () => {
    for (const origin of ['https://verifier.example.org', 'http://203.0.113.7:7380', 'http://[2001:db8::7]:7380']) {
      const texts = [publicApiEntry('nonsense'), ADDRESS, publicApiEntry(origin), publicApiEntry('https://other.org')]
      expect(splitPublicApi(texts)).to.deep.equal({ others: [ADDRESS], publicApi: origin })
    }
    expect(splitPublicApi([ADDRESS])).to.deep.equal({ others: [ADDRESS], publicApi: undefined })
  })

  it('attack: another scheme, a password, a path, or a second form of an address is none', () => {
    for (const text of [
      ...['file:///etc/passwd', 'javascript:alert(1)', 'ws://a.org', 'https:a.org', '', '//a.org', 'https://'],
      ...['https://user:secret@a.org', 'https://a.org/', 'https://a.org/path', 'https://a.org?q', 'https://a.org#x'],
      ...['https://A.org', 'https://a.org:443', 'http://127.1', 'http://0x7f000001', 'https://a.org\\@b.org'],
    ])
      expect(splitPublicApi([publicApiEntry(text)]), text).to.deep.equal({ others: [], publicApi: undefined })
  })

  it('is read from any texts without a fault', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), texts => {
        const { others, publicApi } = splitPublicApi(
          texts.map((text, i) => (i % 2 === 0 ? publicApiEntry(text) : text)),
        )
        if (publicApi !== undefined) expect(new URL(publicApi).origin).to.equal(publicApi)
        expect(others.length).to.be.at.most(texts.length)
      }),
    )
  })
})
