import { expect } from 'chai'
import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { type Hex, toHex } from '../hex.js'
import { voucherDigest } from '../voucher.js'

const TYPES = {
  Receipt: [
    { name: 'sessionId', type: 'bytes32' },
    { name: 'bytes', type: 'uint64' },
    { name: 'head', type: 'bytes32' },
    { name: 'elapsedMs', type: 'uint32' },
    { name: 'channel', type: 'bytes32' },
    { name: 'total', type: 'uint64' },
  ],
}

const hexOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex)

describe('vouchers', () => {
  it('have the digest of EIP-712', () => {
    fc.assert(
      fc.property(
        fc.record({ chainId: fc.nat(), contract: hexOf(20) }),
        fc.record({
          sessionId: hexOf(32),
          bytes: fc.maxSafeNat(),
          head: hexOf(32),
          elapsedMs: fc.nat(0xffffffff),
          channel: hexOf(32),
          total: fc.maxSafeNat(),
        }),
        (network, voucher) => {
          const { chainId, contract: verifyingContract } = network
          const domain = { name: 'Bandwitness', version: '1', chainId, verifyingContract }
          expect(voucherDigest(network, voucher)).to.equal(TypedDataEncoder.hash(domain, TYPES, voucher) as Hex)
        },
      ),
    )
  })
})
