/** Keys under a password, and keystores that other programs made. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { keysFromSeed } from '../../config/keys.js'
import { type EncryptedKeys, encryptedKeys } from '../../config/keystore-schema.js'
import { decryptKeys, encryptKeys } from '../encrypt.js'
import { accountFrom, blsFrom } from '../import.js'
import { DamagedKeystore, WrongPassword } from '../open.js'
import { accountAddress, accountIn, blsPublicKeyIn } from '../public-keys.js'
import { EIP_2335, WEB3 } from './samples.js'

/** As cheap as @chainsafe/bls-keystore takes it. */
const FAST = 4
const PASSWORD = 'pässwörd 🔑'

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    error => error,
  )
/** Flips the lowest bit of the first digit. */
const flipped = (hex: string): string => (Number.parseInt(hex[0]!, 16) ^ 1).toString(16) + hex.slice(1)

describe('keystores', () => {
  const keys = keysFromSeed('keystores', 'verifier')
  let encrypted: EncryptedKeys
  before(async () => {
    encrypted = await encryptKeys(keys, PASSWORD, FAST)
  })

  describe('of a node', () => {
    it('give the keys back, after they were JSON too, and hold no secret', async () => {
      const text = JSON.stringify(encrypted)
      expect(await decryptKeys(encryptedKeys.parse(JSON.parse(text)), PASSWORD)).to.deep.equal(keys)
      for (const secret of Object.values(keys)) expect(text).to.not.include(secret.slice(2))
    })

    it('tell account and BLS public key without the password', () => {
      expect(accountIn({ kind: 'encrypted', keys: encrypted })).to.equal(accountAddress(keys.evm))
      const plain = blsPublicKeyIn({ kind: 'plain', keys })
      expect(blsPublicKeyIn({ kind: 'encrypted', keys: encrypted })).to.deep.equal(plain)
    })

    it('never repeat a salt or an initialization vector', async () => {
      const other = await encryptKeys(keys, PASSWORD, FAST)
      const drawn = [encrypted, other].flatMap(({ evm, bls, peer }) => [
        ...[evm.crypto.kdfparams.salt, evm.crypto.cipherparams.iv],
        ...[bls, peer].flatMap(({ crypto }) => [crypto.kdf.params.salt, crypto.cipher.params.iv]),
      ])
      expect(new Set(drawn).size).to.equal(drawn.length)
    })

    it('do not open with another password', async () => {
      for (const password of ['', 'password', `${PASSWORD} `])
        expect(await failure(decryptKeys(encrypted, password))).to.be.instanceOf(WrongPassword)
    })

    it('never give another key if a bit is flipped, also where no checksum covers it', async () => {
      const changes: ((copy: EncryptedKeys) => void)[] = [
        ({ evm: { crypto } }) => {
          crypto.cipherparams.iv = flipped(crypto.cipherparams.iv)
        },
        ({ bls: { crypto } }) => {
          crypto.cipher.params.iv = flipped(crypto.cipher.params.iv)
        },
        ({ peer: { crypto } }) => {
          crypto.cipher.params.iv = flipped(crypto.cipher.params.iv)
        },
        ({ bls }) => {
          bls.pubkey = flipped(bls.pubkey)
        },
        copy => {
          copy.evm.address = flipped(copy.evm.address!)
        },
      ]
      for (const change of changes) {
        const copy = structuredClone(encrypted)
        change(copy)
        expect(await failure(decryptKeys(copy, PASSWORD))).to.be.instanceOf(DamagedKeystore)
      }
    })
  })

  describe('from elsewhere', () => {
    let dir: string
    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), 'bandwitness-keystore-'))
    })
    afterEach(() => rm(dir, { recursive: true }))
    const file = async (content: unknown): Promise<string> => {
      const path = join(dir, 'keystore.json')
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    }
    const expectRefused = async (work: Promise<unknown>, says: string) => {
      const error = (await failure(work)) as UserError
      expect(error).to.be.instanceOf(UserError).with.property('code', 'configuration')
      expect(error.message)
        .to.include(says)
        .and.include(dir)
        .and.match(/^--import-\w+ [^\n]*\.$/)
    }

    it('open as their standards say', async () => {
      expect(await (await blsFrom(await file(EIP_2335.pbkdf2)))(EIP_2335.password)).to.equal(EIP_2335.secret)
      expect(await (await accountFrom(await file(WEB3.pbkdf2)))(WEB3.password)).to.equal(WEB3.secret)
    })

    it('open whatever their spelling: upper-case digits, a prefix, `Crypto`', async () => {
      const { evm, bls } = encrypted
      const { crypto, ...rest } = evm
      const spelt = {
        ...rest,
        Crypto: { ...crypto, mac: crypto.mac.toUpperCase() },
        address: `0x${rest.address!.replace(/^0x/, '')}`,
      }
      expect(await (await accountFrom(await file(spelt)))(PASSWORD)).to.equal(keys.evm)
      expect(await (await blsFrom(await file({ ...bls, pubkey: bls.pubkey.toUpperCase() })))(PASSWORD)).to.equal(
        keys.bls,
      )
    })

    it('are refused with a wrong password', async () => {
      await expectRefused((await blsFrom(await file(encrypted.bls)))('wrong'), 'does not open with this password')
      await expectRefused((await accountFrom(await file(encrypted.evm)))('wrong'), 'does not open with this password')
    })

    it('are refused if they are of the other kind, of no kind, or no file at all', async () => {
      await expectRefused(blsFrom(await file(WEB3.pbkdf2)), 'Pass it with --import-account')
      await expectRefused(accountFrom(await file(EIP_2335.pbkdf2)), 'Pass it with --import-bls')
      for (const content of [{}, [], null, 7, { version: 5 }, keys, encrypted])
        await expectRefused(blsFrom(await file(content)), 'is not a BLS keystore')
      await expectRefused(accountFrom(join(dir, 'nowhere')), 'cannot be read')
      await expectRefused(accountFrom(dir), 'cannot be read')
    })

    it('are refused wherever they are cut off', async () => {
      const text = JSON.stringify(encrypted.bls)
      for (let length = 0; length < text.length; length += 50)
        await expectRefused(blsFrom(await file(text.slice(0, length))), 'cut off')
    })

    it('are refused without any field that they need', async () => {
      for (const field of ['crypto', 'uuid', 'path'])
        await expectRefused(blsFrom(await file({ ...encrypted.bls, [field]: undefined })), field)
      for (const field of ['ciphertext', 'mac', 'kdf', 'kdfparams', 'cipherparams']) {
        const { evm } = encrypted
        await expectRefused(accountFrom(await file({ ...evm, crypto: { ...evm.crypto, [field]: undefined } })), field)
      }
    })

    it('are refused before a hostile one takes all memory, or hours', async () => {
      const { evm, bls } = encrypted
      for (const change of [
        { n: 2 ** 30 },
        { r: 2 ** 25 },
        { p: 2 ** 30 },
        { n: 3 },
        { n: 1 },
        { n: -2 },
        { n: 1e308 },
      ]) {
        const kdfparams = { ...evm.crypto.kdfparams, ...change }
        await expectRefused(accountFrom(await file({ ...evm, crypto: { ...evm.crypto, kdfparams } })), 'kdfparams')
        const kdf = { ...bls.crypto.kdf, params: { ...bls.crypto.kdf.params, ...change } }
        await expectRefused(blsFrom(await file({ ...bls, crypto: { ...bls.crypto, kdf } })), 'kdf')
      }
      const { crypto } = EIP_2335.pbkdf2
      const slow = { ...crypto.kdf, params: { ...crypto.kdf.params, c: 2 ** 40 } }
      await expectRefused(
        blsFrom(await file({ ...EIP_2335.pbkdf2, crypto: { ...crypto, kdf: slow } })),
        'too much work',
      )
    })

    it('are refused if they hold no secret key of the curve', async () => {
      const zero = await encryptKeys({ ...keys, peer: `0x${'00'.repeat(32)}` }, PASSWORD, FAST)
      const { pubkey: _pubkey, ...asBls } = zero.peer
      await expectRefused((await blsFrom(await file(asBls)))(PASSWORD), 'no secret key of its curve')
    })
  })
})
