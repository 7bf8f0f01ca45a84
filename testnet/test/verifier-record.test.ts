/** `verifier record export` and `import`, with the real command as a process of its own. */
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccakText } from '../../proto/hash.js'
import { BlsSigner } from '../../verifier/bls/signer.js'
import { initNode } from '../../verifier/cli/init.js'
import { keysFromSeed } from '../../verifier/config/keys.js'
import { encryptKeys } from '../../verifier/keystore/encrypt.js'
import { signOnce } from '../../verifier/node/signing.js'
import { SigningConflict } from '../../verifier/store/errors.js'
import { Store } from '../../verifier/store/store.js'
import { output } from './support/command-line.js'

const SIGNED = 3

describe('verifier record export', () => {
  let directory: string
  let dataDir: string
  let copy: string
  const opened = () => Store.open(dataDir, { mode: 'existing' })
  const exported = (...args: string[]) => output('verifier', 'record', 'export', copy, '--data-dir', dataDir, ...args)

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-record-'))
    dataDir = join(directory, 'verifier')
    copy = join(directory, 'copy')
    await initNode('verifier', dataDir, keysFromSeed('record', 'verifier'))
    const store = await opened()
    for (let i = 0; i < SIGNED; i++) await store.recordSigned(`report/${i}/0`, keccakText(String(i)))
    await store.close()
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('writes a copy with which the verifier goes on', async () => {
    const { code, stdout, stderr } = await exported('--json')
    expect(code, stderr).to.equal(0)
    expect(JSON.parse(stdout)).to.include({ file: copy, entries: SIGNED })
    const record = await readFile(join(dataDir, 'signing-record'))
    expect((await readFile(copy)).subarray(0, record.length)).to.deep.equal(record)
    await rename(copy, join(dataDir, 'signing-record'))
    const store = await opened()
    expect(await store.recordSigned('report/2/0', keccakText('2'))).to.equal('same')
    await store.close()
    const text = await exported()
    expect(text.stdout).to.match(/^Wrote 3 signed slots to .*copy\..*\n$/)
  })

  it('replaces no file', async () => {
    await writeFile(copy, 'precious')
    const { code, stderr } = await exported()
    expect(code).to.equal(6)
    expect(stderr).to.match(/^bandwitness: There is a file .*copy already.*\n$/)
    expect(await readFile(copy, 'utf8')).to.equal('precious')
  })

  it('waits for nobody: a verifier that runs has the lock', async () => {
    const store = await opened()
    const { code, stderr } = await exported()
    await store.close()
    expect(code).to.equal(6)
    expect(stderr).to.match(/^bandwitness: .*in use: stop the other process.*\n$/)
    expect(await readdir(directory)).to.deep.equal(['verifier'])
  })

  it('writes no copy of a record that is damaged, and says so in one line', async () => {
    const path = join(dataDir, 'signing-record')
    const whole = await readFile(path)
    whole[200]! ^= 1
    await writeFile(path, whole)
    const { code, stderr } = await exported()
    expect(code).to.equal(6)
    expect(stderr)
      .to.match(/^bandwitness: .*damaged.*\n$/)
      .and.include(path)
    expect(await readdir(directory)).to.deep.equal(['verifier'])
  })

  it('needs a file, and a part of the command', async () => {
    expect((await output('verifier', 'record', 'export', '--data-dir', dataDir)).code).to.equal(2)
    const { code, stderr } = await output('verifier', 'record')
    expect(code).to.equal(2)
    expect(stderr).to.include('export')
  })
})

describe('verifier record import', () => {
  let directory: string
  let old: string
  let next: string
  let copy: string
  const keys = keysFromSeed('record', 'verifier')
  const recordPath = () => join(next, 'signing-record')
  const imported = (...args: string[]) => output('verifier', 'record', 'import', copy, '--data-dir', next, ...args)
  const signIn = async (dir: string, ...slots: [slot: string, text: string][]) => {
    const store = await Store.open(dir, { mode: 'existing' })
    try {
      for (const [slot, text] of slots) await store.recordSigned(slot, keccakText(text))
    } finally {
      await store.close()
    }
  }
  /** Nothing of the new machine's record has changed, and one sentence says why. */
  const expectRefused = async (says: string) => {
    const before = await readFile(recordPath())
    const { code, stdout, stderr } = await imported()
    expect(code, stderr).to.equal(3)
    expect(stdout).to.equal('')
    expect(stderr)
      .to.match(/^bandwitness: Nothing was imported from .*\.\n$/)
      .and.include(copy)
      .and.include(says)
    expect(await readFile(recordPath())).to.deep.equal(before)
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-move-'))
    old = join(directory, 'old')
    copy = join(directory, 'copy')
    await initNode('verifier', old, keys)
    await signIn(old, ['ballot/7', 'a'], ['report/7/0', 'b'], ['report/7/1', 'c'])
    const { code, stderr } = await output('verifier', 'record', 'export', copy, '--data-dir', old)
    expect(code, stderr).to.equal(0)
  })
  beforeEach(async () => {
    next = await mkdtemp(join(directory, 'next-'))
    await initNode('verifier', next, await encryptKeys(keys, 'a password', 4))
  })
  after(() => rm(directory, { recursive: true }))

  it('lets a verifier that moved sign nothing that contradicts what it signed on the old machine', async () => {
    await signIn(next, ['report/8/0', 'd']) // it was started too early
    const { code, stdout, stderr } = await imported('--json')
    expect(code, stderr).to.equal(0)
    expect(JSON.parse(stdout)).to.deep.equal({ file: copy, entries: 3, added: 3 })
    const signer = new BlsSigner(keys.bls)
    const store = await Store.open(next, { mode: 'existing' })
    for (const slot of ['ballot/7', 'report/7/0', 'report/7/1', 'report/8/0']) {
      const error = await signOnce(store, signer, slot, keccakText('another')).catch(error => error)
      expect(error, slot).to.be.instanceOf(SigningConflict)
    }
    expect(await signOnce(store, signer, 'report/7/0', keccakText('b'))).to.have.lengthOf(96)
    expect(store.isRecordUntouched).to.equal(false) // so it listens for one epoch before it signs
    await store.close()
    expect((await imported()).stdout).to.include('holds all 3 signed slots')
  })

  it('is refused whole if the key has signed two contradicting things', async () => {
    await signIn(next, ['report/7/1', 'another'])
    await expectRefused('report/7/1')
  })

  it('is refused for the record of another key', async () => {
    await rm(next, { recursive: true })
    await initNode('verifier', next, keysFromSeed('record', 'other'))
    await expectRefused('another BLS key')
  })

  it('is refused if the file is cut off between two entries', async () => {
    await writeFile(copy, (await readFile(copy)).subarray(0, -128))
    await expectRefused('no whole copy of a signing record')
  })
})
