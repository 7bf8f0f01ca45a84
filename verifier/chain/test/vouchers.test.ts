import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, toHex } from '../../../proto/hex.js'
import { voucherSigner, voucherSignerOf, voucherVerifier } from '../vouchers.js'

const { voucher: golden } = JSON.parse(
  readFileSync(new URL('../../../proto/vectors/digests.json', import.meta.url), 'utf8'),
)
const { voucher, signer, signature } = golden
const SECRET = keccakText('provider key')
/** Order of secp256k1: SEC 2, section 2.4.1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

describe('vouchers signed with EVM keys', () => {
  it('are those of the golden vector', async () => {
    expect(toHex(await voucherSigner(golden, SECRET).sign(voucher))).to.equal(signature)
    expect(await voucherVerifier(golden, signer)(voucher, fromHex(signature))).to.equal(true)
  })

  it('hold for one account, one network and one voucher', async () => {
    const bytes = fromHex(signature)
    expect(await voucherVerifier(golden, `0x${'12'.repeat(20)}`)(voucher, bytes)).to.equal(false)
    expect(await voucherVerifier({ ...golden, chainId: 1 }, signer)(voucher, bytes)).to.equal(false)
    for (const change of [{ bytes: voucher.bytes + 1 }, { elapsedMs: 1 }, { head: voucher.sessionId }]) {
      expect(await voucherVerifier(golden, signer)({ ...voucher, ...change }, bytes)).to.equal(false)
    }
  })

  it('tell whose key signed them', () => {
    expect(voucherSignerOf(golden, voucher, fromHex(signature))).to.equal(signer)
    expect(voucherSignerOf(golden, { ...voucher, total: 1 }, fromHex(signature))).to.not.equal(signer)
    for (const length of [0, 64, 66]) {
      expect(voucherSignerOf(golden, voucher, new Uint8Array(length).fill(1)), `${length} bytes`).to.equal(undefined)
    }
    expect(voucherSignerOf(golden, voucher, new Uint8Array(65)), 'no point of the curve').to.equal(undefined)
  })

  it('attack: one that states more bytes than a number holds exactly has no signer', async () => {
    for (const change of [{ bytes: 2 ** 63 }, { total: 2 ** 64 }]) {
      expect(voucherSignerOf(golden, { ...voucher, ...change }, fromHex(signature))).to.equal(undefined)
      expect(await voucherVerifier(golden, signer)({ ...voucher, ...change }, fromHex(signature))).to.equal(false)
    }
  })

  it('have one valid encoding of their signature', async () => {
    const check = voucherVerifier(golden, signer)
    const bytes = fromHex(signature)
    expect(await check(voucher, bytes.subarray(0, 64)), 'too short').to.equal(false)
    expect(await check(voucher, Uint8Array.from([...bytes, 0])), 'too long').to.equal(false)
    const s = ORDER - BigInt(toHex(bytes.subarray(32, 64)))
    const mirrored = fromHex(`${toHex(bytes.subarray(0, 32)).slice(2)}${s.toString(16).padStart(64, '0')}00`)
    mirrored[64] = bytes[64] === 27 ? 28 : 27
    expect(await check(voucher, mirrored), 'the other root').to.equal(false)
  })
})
