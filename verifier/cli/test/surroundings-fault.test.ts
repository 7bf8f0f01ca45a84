import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { makeError, Transaction, Wallet } from 'ethers'
import { EXIT_CODE } from '../../config/errors.js'
import { surroundingsFault } from '../surroundings-fault.js'

const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** An error as Node makes it for a failed call of the system. */
const ofSystem = (code: string) =>
  Object.assign(new Error(`${code}: it failed, write`), { code, syscall: 'write', errno: -1 })

describe('a fault of the surroundings', () => {
  const real: [what: string, work: () => unknown, says: RegExp, code: keyof typeof EXIT_CODE][] = [
    ['a full disk', () => writeFileSync('/dev/full', 'text'), /No space is left.*Free some space.*ENOSPC/, 'store'],
    ['a path through a file', () => mkdirSync(join(devNull, 'data')), /path cannot be used.*ENOTDIR/, 'configuration'],
    ['a directory for a file', () => openSync('/tmp', 'w'), /path cannot be used.*EISDIR/, 'configuration'],
  ]
  for (const [what, work, says, code] of real) {
    it(`is told in a sentence: ${what}`, () => {
      const fault = surroundingsFault(thrownBy(work))
      expect(fault?.message).to.match(says)
      expect(fault?.exitCode).to.equal(EXIT_CODE[code])
    })
  }

  it('is found among the causes of another error', () => {
    const error = new Error('the part failed', { cause: new Error('so did this', { cause: ofSystem('EROFS') }) })
    expect(surroundingsFault(error)?.message).to.match(/disk is read-only/)
    expect(surroundingsFault(error)?.code).to.equal('store')
  })

  it('is an account without ether, which is named, and no word of its transaction', async () => {
    const wallet = Wallet.createRandom()
    const fields = { to: wallet.address, gasLimit: 21_000n, maxFeePerGas: 1n, nonce: 0, chainId: 1, type: 2 }
    const signed = await wallet.signTransaction(fields)
    for (const transaction of [signed, { from: wallet.address, to: wallet.address, data: '0x1234' }]) {
      const error = makeError('insufficient funds', 'INSUFFICIENT_FUNDS', { transaction: transaction as never })
      const fault = surroundingsFault(error)
      expect(fault?.message).to.match(/^0x[0-9a-f]{40} holds too little of the chain's currency/)
      expect(fault?.message).to.include(wallet.address.toLowerCase()).and.not.include(signed.slice(0, 60))
      expect(fault?.code).to.equal('configuration')
    }
    expect(Transaction.from(signed).from).to.equal(wallet.address)
  })

  it('is no fault of the program, nor one that only looks like it', () => {
    for (const error of [new TypeError('x is undefined'), undefined, 'text', { code: 'ENOSPC' }])
      expect(surroundingsFault(error)).to.equal(undefined)
    // a code that no call of the system gave
    expect(surroundingsFault(Object.assign(new Error('peer says'), { code: 'EACCES' }))).to.equal(undefined)
  })
})
