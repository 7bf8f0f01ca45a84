/** The file of `network deploy --key`, as operators have it and as it goes wrong. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../../config/errors.js'
import { keysFromSeed } from '../../../config/keys.js'
import type { EncryptedKeys } from '../../../config/keystore-schema.js'
import { encryptKeys } from '../../../keystore/encrypt.js'
import { readPrivateKey } from '../private-key.js'

/** As cheap as keystores can be. */
const FAST = 4
const PASSWORD = 'correct horse'

describe('the key of the account that pays for a deployment', () => {
  const keys = keysFromSeed('payer', 'verifier')
  let directory: string
  let passwordFile: string
  let encrypted: EncryptedKeys
  before(async () => {
    encrypted = await encryptKeys(keys, PASSWORD, FAST)
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-payer-'))
    passwordFile = await file(`${PASSWORD}\n`, 'password')
  })
  after(() => rm(directory, { recursive: true }))

  async function file(content: unknown, name = 'key'): Promise<string> {
    const path = join(directory, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
    return path
  }

  it('is plain hexadecimal, or in a keystore', async () => {
    for (const plain of [keys.evm, keys.evm.slice(2).toUpperCase(), `${keys.evm}\r\n`])
      expect(await readPrivateKey(await file(plain), undefined)).to.equal(keys.evm)
    expect(await readPrivateKey(await file(encrypted.evm), passwordFile)).to.equal(keys.evm)
    expect(await readPrivateKey(await file(`\n ${JSON.stringify(encrypted.evm)}\n`), passwordFile)).to.equal(keys.evm)
  })

  it('may come by a pipe, which can be read once', async () => {
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    const written = writeFile(pipe, JSON.stringify(encrypted.evm))
    expect(await readPrivateKey(pipe, passwordFile)).to.equal(keys.evm)
    await written
  })

  it('is refused, in one sentence that holds no secret, where it is none', async () => {
    const text = JSON.stringify(encrypted.evm)
    const other = await file('another password', 'other')
    const cases: readonly [content: unknown, password: string | undefined, says: string][] = [
      ['', undefined, 'neither one line of 64 hexadecimal digits nor a keystore'],
      [`${keys.evm}00`, undefined, 'neither one line'],
      [`${keys.evm}\n${keys.bls}`, undefined, 'neither one line'],
      [text.slice(0, text.length / 2), passwordFile, 'is no whole JSON file: it may be cut off'],
      [encrypted.evm, other, 'does not open with this password'],
      [encrypted.evm, join(directory, 'nowhere'), '--password-file'],
      [encrypted.bls, passwordFile, 'is a BLS keystore (EIP-2335, version 4), not an account keystore'],
      [keys, passwordFile, 'is not an account keystore'],
      [{ ...encrypted.evm, address: '1'.repeat(40) }, passwordFile, 'is damaged'],
    ]
    for (const [content, password, says] of cases) {
      const error = await readPrivateKey(await file(content), password).catch(cause => cause)
      expect(error, says).to.be.instanceOf(UserError)
      expect(error.message).to.include(says).and.not.include('--import')
      for (const secret of [...Object.values(keys), PASSWORD]) expect(error.message).to.not.include(secret.slice(2))
    }
  })
})
