import { expect } from 'chai'
import { hashOfHeader, type RawBlock } from '../header-hash.js'

const ZEROS = `0x${'0'.repeat(64)}`
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
/** Block 0 of Ethereum's main network. */
const GENESIS: RawBlock = {
  parentHash: ZEROS,
  sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
  miner: `0x${'0'.repeat(40)}`,
  stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
  transactionsRoot: EMPTY_ROOT,
  receiptsRoot: EMPTY_ROOT,
  logsBloom: `0x${'0'.repeat(512)}`,
  difficulty: '0x400000000',
  number: '0x0',
  gasLimit: '0x1388',
  gasUsed: '0x0',
  timestamp: '0x0',
  extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
  mixHash: ZEROS,
  nonce: '0x0000000000000042',
}
const HASH = '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3'

describe('the hash of a block', () => {
  it('is that of its header, whatever else a chain node tells of the block', () => {
    expect(hashOfHeader(GENESIS)).to.equal(HASH)
    expect(hashOfHeader({ ...GENESIS, size: '0x21c', uncles: [], transactions: [], baseFeePerGas: null })).to.equal(
      HASH,
    )
  })

  it('is another one for any other field', () => {
    for (const [name, value] of Object.entries(GENESIS)) {
      const changed = String(value).replace(/^0x./, first => (first === '0x1' ? '0x2' : '0x1'))
      expect(changed, name).not.to.equal(value)
      expect(hashOfHeader({ ...GENESIS, [name]: changed }), name).to.not.equal(HASH)
    }
    expect(hashOfHeader({ ...GENESIS, withdrawalsRoot: EMPTY_ROOT })).not.to.equal(HASH)
  })

  it('is unknown for a header of a later version or of another chain, and for what is no block', () => {
    expect(hashOfHeader({ ...GENESIS, blockAccessListHash: EMPTY_ROOT })).to.equal(undefined)
    expect(hashOfHeader({ ...GENESIS, number: 'many' })).to.equal(undefined)
    expect(hashOfHeader({ ...GENESIS, parentHash: 'none' })).to.equal(undefined)
  })
})
