import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { KeptStore } from '../kept-store.js'

const FIXTURE = fileURLToPath(import.meta.resolve('./fixtures/full-disk.ts'))

describe('a store of the newest values', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-kept-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const open = () => KeptStore.open<number>(join(directory, 'values'), 'the values')

  it('has the newest of each key after a start', async () => {
    const store = await open()
    await Promise.all([store.put('0x01', 1), store.put('0x02', 2), store.put('0x01', 3)])
    await store.close()
    const again = await open()
    expect([again.newest('0x01'), again.newest('0x02'), again.newest('0x03')]).to.deep.equal([3, 2, undefined])
    expect(again.all()).to.have.members([3, 2])
    await again.close()
  })

  it('takes nothing once it is closed, and finishes what it was given before', async () => {
    const store = await open()
    const before = store.put('0x01', 1)
    const closed = store.close()
    const after = await store.put('0x01', 2).catch((error: Error) => error.message)
    await Promise.all([before, closed])
    expect(after).to.equal('the store is closed')
    const again = await open()
    expect(again.newest('0x01')).to.equal(1)
    await again.close()
  })

  it('loses nothing that it took after a moment in which the disk was full', async () => {
    const path = join(directory, 'values')
    const said = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, ['--import', 'tsx/esm', FIXTURE, path], (error, stdout, stderr) =>
        error?.signal === 'SIGKILL' ? resolve(stdout) : reject(new Error(stderr)),
      )
    })
    const store = await KeptStore.open<{ number: number }>(path, 'the values')
    expect(store.newest('0x01')?.number).to.equal(Number(said))
    await store.close()
  })
})
