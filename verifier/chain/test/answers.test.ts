import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { NetworkId } from '../../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { accountOf } from '../account.js'
import { AnswerVerifiers, answerSigner } from '../answers.js'

const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'22'.repeat(20)}` }
/** Order of secp256k1: SEC 2, section 2.4.1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const newSecret = () => toHex(randomBytes(32))

describe('answers signed with EVM keys', () => {
  const secret = newSecret()
  const account = accountOf(secret)
  const statement = randomBytes(32)
  const signed = () => answerSigner(NETWORK, secret).sign(statement)

  /** By a verifier that has to recover the key, and by one that remembers it. */
  async function isSigned(signature: Uint8Array, network = NETWORK, by: Hex = account, what = statement) {
    const verifiers = new AnswerVerifiers(network)
    const first = await verifiers.of(by).isSigned(what, signature)
    await verifiers.of(by).isSigned(statement, await signed())
    const second = await verifiers.of(by).isSigned(what, signature)
    expect(second, 'the first check and later ones agree').to.equal(first)
    return first
  }

  it('hold for one account, one network and one statement', async () => {
    const signature = await signed()
    expect(answerSigner(NETWORK, secret).account).to.equal(account)
    expect(await isSigned(signature)).to.equal(true)
    expect(await isSigned(signature, { ...NETWORK, chainId: 1 })).to.equal(false)
    expect(await isSigned(signature, { ...NETWORK, contract: `0x${'23'.repeat(20)}` })).to.equal(false)
    expect(await isSigned(signature, NETWORK, accountOf(newSecret()))).to.equal(false)
    expect(await isSigned(signature, NETWORK, account, randomBytes(32))).to.equal(false)
    expect(await isSigned(await answerSigner(NETWORK, newSecret()).sign(statement))).to.equal(false)
  })

  it('have one valid encoding', async () => {
    const signature = await signed()
    const s = ORDER - BigInt(toHex(signature.subarray(32)))
    const mirrored = fromHex(`${toHex(signature.subarray(0, 32)).slice(2)}${s.toString(16).padStart(64, '0')}`)
    for (const other of [mirrored, signature.subarray(1), new Uint8Array([...signature, 27]), new Uint8Array(64)]) {
      expect(await isSigned(other)).to.equal(false)
    }
  })

  it('are not fooled by bytes that are no signature', async () => {
    for (const length of [0, 64, 65, 500]) expect(await isSigned(randomBytes(length))).to.equal(false)
    expect(await isSigned(new Uint8Array(64).fill(0xff))).to.equal(false)
  })
})
