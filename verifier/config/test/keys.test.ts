import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { computeAddress } from 'ethers'
import { BlsSigner } from '../../bls/signer.js'
import { createKeys, KeyFileError, keysFromSeed, loadKeys, saveKeys } from '../keys.js'

describe('keys', () => {
  let dir: string
  let path: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-keys-'))
    path = join(dir, 'keys.json')
  })
  afterEach(() => rm(dir, { recursive: true }))

  const keys = keysFromSeed('seed', 'verifier-0')
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      error => error,
    )

  it('are read back from their file, which only its owner can read', async () => {
    await saveKeys(path, keys)
    expect(await loadKeys(path)).to.deep.equal(keys)
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
  })

  it('are never replaced', async () => {
    await saveKeys(path, keys)
    const error = await failure(saveKeys(path, keysFromSeed('seed', 'verifier-1')))
    expect(error).to.be.instanceOf(KeyFileError)
    expect(await loadKeys(path)).to.deep.equal(keys)
  })

  it('follow from seed and name, and differ if the seed or the name differs', () => {
    expect(keysFromSeed('seed', 'verifier-0')).to.deep.equal(keys)
    const all = [keys, keysFromSeed('seed', 'verifier-1'), keysFromSeed('other', 'verifier-0')].flatMap(k =>
      Object.values(k),
    )
    expect(new Set(all).size).to.equal(9)
  })

  it('are usable whatever the random bytes are', () => {
    for (const byte of [1, 0x72, 0x73, 0xff - 1]) {
      const drawn = createKeys({ bytes: length => new Uint8Array(length).fill(byte) })
      expect(new BlsSigner(drawn.bls).publicKey128).to.have.lengthOf(128)
      expect(computeAddress(drawn.evm)).to.match(/^0x/)
    }
  })

  const BAD: [what: string, content: string][] = [
    ['text that is no JSON', `{"evm": "${keys.evm}"`],
    ['a missing key', JSON.stringify({ evm: keys.evm, bls: keys.bls })],
    ['a short key', JSON.stringify({ ...keys, peer: '0x1234' })],
    ['a key that is not hexadecimal', JSON.stringify({ ...keys, evm: 'no key' })],
    ['a field that nobody knows', JSON.stringify({ ...keys, extra: 1 })],
    ['a key that is zero', JSON.stringify({ ...keys, bls: `0x${'00'.repeat(32)}` })],
    ['a number beyond the curve', JSON.stringify({ ...keys, bls: `0x${'ff'.repeat(32)}` })],
    ['an account key beyond the curve', JSON.stringify({ ...keys, evm: `0x${'ff'.repeat(32)}` })],
  ]
  for (const [what, content] of BAD) {
    it(`refuse a file with ${what}, in one line that holds no key, and keep it`, async () => {
      await writeFile(path, content)
      const error = (await failure(loadKeys(path))) as Error
      expect(error).to.be.instanceOf(KeyFileError)
      expect(error.message).to.include(path).and.not.include('\n').and.not.include(keys.evm).and.not.include('ffff')
      expect(await readFile(path, 'utf8')).to.equal(content)
    })
  }

  it('name the path if there is no file', async () => {
    expect(((await failure(loadKeys(path))) as Error).message).to.include(path)
  })
})
