/** The file of the keys, plain and encrypted: what crashes, damage and clumsy hands do to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { link, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { encryptKeys } from '../../keystore/encrypt.js'
import { UserError } from '../errors.js'
import { readKeyFile, replacePlainKeys, saveKeys } from '../key-file.js'
import { KeyFileError } from '../key-file-error.js'
import { keysFromSeed } from '../keys.js'
import type { EncryptedKeys } from '../keystore-schema.js'

const CONVERTER = fileURLToPath(new URL('./converter.ts', import.meta.url))

describe('the key file', () => {
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

  it('gives plain keys back, and only its owner can read it', async () => {
    await saveKeys(path, keys)
    expect(await readKeyFile(path)).to.deep.equal({ kind: 'plain', keys })
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
  })

  it('is never replaced', async () => {
    await saveKeys(path, keys)
    const error = await failure(saveKeys(path, keysFromSeed('seed', 'verifier-1')))
    expect(error).to.be.instanceOf(KeyFileError)
    expect(await readKeyFile(path)).to.deep.equal({ kind: 'plain', keys })
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
    it(`is refused with ${what}, in one line that holds no key, and kept`, async () => {
      await writeFile(path, content)
      const error = (await failure(readKeyFile(path))) as Error
      expect(error).to.be.instanceOf(KeyFileError)
      expect(error.message).to.include(path).and.not.include('\n').and.not.include(keys.evm).and.not.include('ffff')
      expect(await readFile(path, 'utf8')).to.equal(content)
    })
  }

  it('names its path if it is missing', async () => {
    expect(((await failure(readKeyFile(path))) as Error).message).to.include(path)
  })

  describe('that is plain', () => {
    let encrypted: EncryptedKeys
    before(async () => {
      encrypted = await encryptKeys(keys, 'a password', 4)
    })
    const expectEncrypted = async () => {
      expect(await readKeyFile(path)).to.deep.equal({ kind: 'encrypted', keys: encrypted })
      for (const name of await readdir(dir)) {
        const text = await readFile(join(dir, name), 'utf8')
        for (const secret of Object.values(keys)) expect(text).to.not.include(secret.slice(2))
      }
    }

    it('gives way to an encrypted one that only its owner can read', async () => {
      await saveKeys(path, keys)
      await replacePlainKeys(path, encrypted)
      await expectEncrypted()
      expect((await stat(path)).mode & 0o777).to.equal(0o600)
    })

    it('is not left behind a link to it', async () => {
      const elsewhere = join(dir, 'elsewhere.json')
      await saveKeys(elsewhere, keys)
      await symlink(elsewhere, path)
      await replacePlainKeys(path, encrypted)
      await expectEncrypted()
      expect((await lstat(path)).isSymbolicLink()).to.equal(true)
    })

    it('is not left under the second name that a crash of `init` gave it', async () => {
      await saveKeys(path, keys)
      await link(path, `${path}.0b4d6f6e-2d4f-4c7e-9d2e-1f4c0c7b8a11.partial`)
      await replacePlainKeys(path, encrypted)
      await expectEncrypted()
      expect(await readdir(dir)).to.deep.equal(['keys.json'])
    })

    it('stays if the new one cannot be written', async () => {
      await saveKeys(path, keys)
      await mkdir(`${path}.partial`)
      expect(await failure(replacePlainKeys(path, encrypted))).to.be.instanceOf(UserError)
      expect(await readKeyFile(path)).to.deep.equal({ kind: 'plain', keys })
    })

    it('or encrypted is there whenever the process is killed, and the next try ends it', async () => {
      const encryptedFile = join(dir, 'encrypted')
      await saveKeys(encryptedFile, encrypted)
      for (const turns of [1, 40]) {
        const child = spawn(process.execPath, ['--import', 'tsx', CONVERTER, path, encryptedFile], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const ended = once(child, 'exit')
        let seen = 0
        for await (const _line of createInterface({ input: child.stdout })) if (++seen === turns) child.kill('SIGKILL')
        expect((await ended)[1]).to.equal('SIGKILL')
        const left = await readKeyFile(path)
        expect(left.keys).to.deep.equal(left.kind === 'plain' ? keys : encrypted)
        await replacePlainKeys(path, encrypted)
        await expectEncrypted()
      }
    })
  })
})
