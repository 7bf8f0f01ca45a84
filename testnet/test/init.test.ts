/** Keys at rest, by the real command: new ones, imported ones, and plain ones that are converted. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { initNode } from '../../verifier/cli/init.js'
import { keysPath, readKeyFile } from '../../verifier/config/key-file.js'
import { keysFromSeed } from '../../verifier/config/keys.js'
import { decryptKeys, encryptKeys } from '../../verifier/keystore/encrypt.js'
import { accountAddress } from '../../verifier/keystore/public-keys.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'

const PASSWORD = 'correct horse'
const IMPORT_PASSWORD = 'battery staple'
/** As cheap as @chainsafe/bls-keystore takes it. The commands themselves know only the real cost. */
const FAST = 4

describe('the keys of a node', function () {
  this.timeout(TIMEOUT_MS)
  const keys = keysFromSeed('init', 'verifier')
  let directory: string
  let dataDir: string
  let passwordFile: string

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
    passwordFile = join(directory, 'password')
    writeFileSync(passwordFile, `${PASSWORD}\n`)
    writeFileSync(join(directory, 'import-password'), IMPORT_PASSWORD)
    const { evm, bls } = await encryptKeys(keys, IMPORT_PASSWORD, FAST)
    writeFileSync(join(directory, 'account.json'), JSON.stringify(evm))
    writeFileSync(join(directory, 'bls.json'), JSON.stringify(bls))
  })
  beforeEach(() => {
    dataDir = mkdtempSync(join(directory, 'node-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  const keyText = () => readFileSync(keysPath(dataDir), 'utf8')
  const expectNoSecret = () => {
    for (const secret of Object.values(keys)) expect(keyText()).to.not.include(secret.slice(2))
  }

  it('are imported and written encrypted, and never replaced', async () => {
    const imports = ['account', 'bls'].flatMap(name => [`--import-${name}`, join(directory, `${name}.json`)])
    const passwords = ['--password-file', passwordFile, '--import-password-file', join(directory, 'import-password')]
    const first = await bandwitness(['verifier', 'init', '--data-dir', dataDir, ...imports, ...passwords, '--json'])
    expect(first.code, first.stderr).to.equal(0)
    expect(JSON.parse(first.stdout)).to.deep.equal({ role: 'verifier', account: accountAddress(keys.evm), dataDir })
    expectNoSecret()
    const file = await readKeyFile(keysPath(dataDir))
    if (file.kind !== 'encrypted') throw new Error('the keys are plain')
    expect(file.keys.evm.crypto).to.have.nested.property('kdfparams.n', 2 ** 17)
    for (const { crypto } of [file.keys.bls, file.keys.peer])
      expect(crypto).to.have.nested.property('kdf.params.n', 2 ** 17)
    const { evm, bls, peer } = await decryptKeys(file.keys, PASSWORD)
    expect({ evm, bls }).to.deep.equal({ evm: keys.evm, bls: keys.bls })
    expect(peer).to.not.equal(keys.peer)
    const before = keyText()
    const second = await bandwitness(['verifier', 'init', '--data-dir', dataDir]) // it asks for no password first
    expect(second.code, second.stderr).to.equal(3)
    expect(complaint(second)).to.include('exists already')
    expect(keyText()).to.equal(before)
  })

  it('are not made without a password, or with an imported one that does not open', async () => {
    const noPassword = await bandwitness(['provider', 'init', '--data-dir', dataDir])
    expect(noPassword.code, noPassword.stderr).to.equal(2)
    expect(complaint(noPassword)).to.include('--password-file')
    const account = ['--import-account', join(directory, 'account.json'), '--import-password-file', passwordFile]
    const wrong = await bandwitness([
      'provider',
      'init',
      '--data-dir',
      dataDir,
      ...account,
      '--password-file',
      passwordFile,
    ])
    expect(wrong.code, wrong.stderr).to.equal(3)
    expect(complaint(wrong)).to.include('does not open with this password')
    expect(() => keyText()).to.throw('ENOENT')
  })

  it('that are plain are encrypted, once', async () => {
    await initNode('provider', dataDir, keys)
    const encrypt = ['keys', 'encrypt', '--data-dir', dataDir, '--password-file', passwordFile]
    const first = await bandwitness(encrypt)
    expect(first.code, first.stderr).to.equal(0)
    expect(first.stdout).to.include('Encrypted the keys')
    expectNoSecret()
    const file = await readKeyFile(keysPath(dataDir))
    expect(file.kind).to.equal('encrypted')
    const second = await bandwitness(encrypt)
    expect(second.code, second.stderr).to.equal(3)
    expect(complaint(second)).to.include('encrypted already')
  })
})
