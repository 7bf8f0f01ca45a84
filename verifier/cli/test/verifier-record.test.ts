/** `verifier record export`, with the real command as a process of its own. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { keysFromSeed } from '../../config/keys.js'
import { Store } from '../../store/store.js'
import { initNode } from '../init.js'

const ENTRY = fileURLToPath(new URL('../bandwitness.ts', import.meta.url))
const SIGNED = 3

function bandwitness(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, ['--import', 'tsx/esm', ENTRY, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

describe('verifier record export', () => {
  let directory: string
  let dataDir: string
  let copy: string
  const opened = () => Store.open(dataDir, { mode: 'existing' })
  const exported = (...args: string[]) =>
    bandwitness('verifier', 'record', 'export', copy, '--data-dir', dataDir, ...args)

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
    expect(await readFile(copy)).to.deep.equal(await readFile(join(dataDir, 'signing-record')))
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
    expect((await bandwitness('verifier', 'record', 'export', '--data-dir', dataDir)).code).to.equal(2)
    const { code, stderr } = await bandwitness('verifier', 'record')
    expect(code).to.equal(2)
    expect(stderr).to.include('export')
  })
})
