/** Attack: a provider tags verifiers, strangers make up tokens, and a token travels to another provider or era. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { toHex } from '../../../proto/hex.js'
import {
  decodeToken,
  encodeToken,
  isNoToken,
  NO_TOKEN,
  splitAnnounced,
  tokenInfo,
  tokenKeyEntry,
} from '../../../proto/token.js'
import { systemRandom } from '../../system.js'
import { EraKey, tokenKeyOf } from '../token-key.js'
import { TokenOrder } from '../token-order.js'

const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` } as const
const PROVIDER = `0x${'11'.repeat(20)}` as const
const key = tokenKeyOf(new Uint8Array(32).fill(7))
const other = tokenKeyOf(new Uint8Array(32).fill(8))
const info = tokenInfo(NETWORK, PROVIDER, 3)
const terms = { publicKey: key.publicKey, info, era: 3 }
const order = (count: number) => new TokenOrder(terms, count, systemRandom)

describe('tokens', () => {
  it('are recognised by their provider, each with its era', () => {
    const issuer = new EraKey(key, info)
    const asked = order(3)
    const tokens = asked.finish(issuer.evaluate(asked.blindedElements, systemRandom)).map(decodeToken)
    expect(tokens.map(token => issuer.recognises(token))).to.deep.equal([true, true, true])
    expect(tokens.map(({ era }) => era)).to.deep.equal([3, 3, 3])
    expect(new Set(tokens.map(({ input }) => toHex(input))).size).to.equal(3)
  })

  it('show the provider nothing that it saw when it issued them', () => {
    const issuer = new EraKey(key, info)
    const asked = order(1)
    const issued = issuer.evaluate(asked.blindedElements, systemRandom)
    const [token] = asked.finish(issued)
    const seen = [...asked.blindedElements, ...issued.evaluatedElements, issued.evaluationProof]
    for (const bytes of seen) expect(Buffer.from(token!).includes(Buffer.from(bytes))).to.equal(false)
  })

  it('of another provider, network or era are not recognised, and neither are changed or invented ones', () => {
    const asked = order(1)
    const token = decodeToken(asked.finish(new EraKey(key, info).evaluate(asked.blindedElements, systemRandom))[0]!)
    const infos = [
      tokenInfo(NETWORK, `0x${'12'.repeat(20)}`, 3),
      tokenInfo({ ...NETWORK, chainId: 1 }, PROVIDER, 3),
      tokenInfo(NETWORK, PROVIDER, 4),
    ]
    for (const wrong of infos) expect(new EraKey(key, wrong).recognises(token)).to.equal(false)
    expect(new EraKey(other, info).recognises(token), 'another key').to.equal(false)
    const output = Uint8Array.from(token.output)
    output[63]! ^= 1
    expect(new EraKey(key, info).recognises({ ...token, output })).to.equal(false)
    const invented = decodeToken(randomBytes(100))
    expect(new EraKey(key, info).recognises(invented)).to.equal(false)
  })

  it('of a provider with a key for each verifier are refused by the verifier, although the key is a good one', () => {
    const asked = order(2)
    const tagging = new EraKey(other, info)
    expect(() => asked.finish(tagging.evaluate(asked.blindedElements, systemRandom))).to.throw()
    const honest = new EraKey(key, info).evaluate(asked.blindedElements, systemRandom)
    const tagged = tagging.evaluate(asked.blindedElements, systemRandom)
    const mixed = { ...honest, evaluatedElements: [honest.evaluatedElements[0]!, tagged.evaluatedElements[1]!] }
    expect(() => asked.finish(mixed), 'one of two elements').to.throw()
    expect(() => asked.finish({ ...honest, evaluatedElements: honest.evaluatedElements.slice(1) })).to.throw()
  })

  it('are not issued for bytes that are no element, or for the identity', () => {
    const issuer = new EraKey(key, info)
    for (const bad of [new Uint8Array(32).fill(0xff), new Uint8Array(32)]) {
      expect(() => issuer.evaluate([bad], systemRandom)).to.throw()
    }
  })

  it('come from a key that follows from the account’s key alone', () => {
    expect(tokenKeyOf(new Uint8Array(32).fill(7))).to.deep.equal(key)
    expect(toHex(key.publicKey)).to.equal('0xae76ff7f823e2106a6b874ef2d8e9e0e661330b9990e55f7d4fccbfef25ac425')
  })

  it('have one length on the wire, with a token and without', () => {
    const token = { era: 0x01020304, input: randomBytes(32), output: randomBytes(64) }
    const bytes = encodeToken(token)
    expect(bytes).to.have.length(NO_TOKEN.length)
    expect(decodeToken(bytes)).to.deep.equal({
      ...token,
      input: new Uint8Array(token.input),
      output: new Uint8Array(token.output),
    })
    expect([isNoToken(NO_TOKEN), isNoToken(bytes)]).to.deep.equal([true, false])
  })
})

describe('an announced token key', () => {
  const publicKey = toHex(key.publicKey)
  const address = '/ip4/203.0.113.7/tcp/4001'

  it('stands beside the addresses, wherever it stands', () => {
    const expected = { multiaddrs: [address], tokenKey: publicKey }
    expect(splitAnnounced([address, tokenKeyEntry(publicKey)])).to.deep.equal(expected)
    expect(splitAnnounced([tokenKeyEntry(publicKey), address])).to.deep.equal(expected)
  })

  it('counts once, and not if its form is wrong', () => {
    const second = tokenKeyEntry(toHex(other.publicKey))
    expect(splitAnnounced([tokenKeyEntry(publicKey), second]).tokenKey).to.equal(publicKey)
    const wrong = ['', 'xx', publicKey, publicKey.slice(2).toUpperCase(), `${publicKey.slice(2)}00`]
    for (const text of wrong) {
      const announced = [`/bandwitness-token-key/${text}`, address]
      expect(splitAnnounced(announced), text).to.deep.equal({ multiaddrs: [address], tokenKey: undefined })
    }
  })
})
