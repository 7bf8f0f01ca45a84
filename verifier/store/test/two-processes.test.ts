/** Two processes that run on one data directory, which would sign two things for one slot. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { Store } from '../store.js'
import { expectFault } from './faults.js'

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url))

describe('a store that a second process opens', () => {
  let dir: string
  let store: Store
  const writer = (): ChildProcess =>
    spawn(process.execPath, ['--import', 'tsx', WRITER, dir], { stdio: ['ignore', 'pipe', 'pipe'] })

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-store-'))
    store = await Store.open(dir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  it('is locked: the second records nothing', async () => {
    const child = writer()
    let [said, complaint] = ['', '']
    child.stdout!.on('data', chunk => {
      said += chunk
    })
    child.stderr!.on('data', chunk => {
      complaint += chunk
    })
    const [code] = await once(child, 'close')
    expect(code).to.not.equal(0)
    expect(complaint).to.include('in use')
    expect(said).to.equal('')
    expect(await store.recordSigned('report/0/0', keccakText('first'))).to.equal('recorded')
  })

  it('signs nothing for a slot of the second when somebody has removed the lock', async () => {
    await rm(join(dir, 'db', 'LOCK'))
    const child = writer()
    const closed = once(child, 'close')
    await once(child.stdout!, 'data') // it has recorded report/0/0
    child.kill('SIGKILL')
    await closed
    await expectFault(store.recordSigned('report/0/0', keccakText('first')), 'locked', dir, 'stop')
    await expectFault(store.recordSigned('report/0/1', keccakText('first')), 'locked')
    await store.close()
    store = await Store.open(dir, { mode: 'existing' })
    expect(await store.recordSigned('report/0/0', keccakText('0'))).to.equal('same')
  })
})
