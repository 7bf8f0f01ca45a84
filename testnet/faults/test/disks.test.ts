/** Real disks and databases that fail, as the store of a verifier meets them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toHex } from '../../../proto/hex.js'
import { UserError } from '../../../verifier/config/errors.js'
import { Store } from '../../../verifier/store/store.js'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { DamagedDatabase, OldDatabase } from '../databases.js'
import { FullDisk } from '../full-disk.js'
import { SmallDisk } from '../small-disk.js'

const digest = (i: number) => toHex(new Uint8Array(32).fill(i))

describe('faults of the disk', () => {
  let directory: string
  let dataDir: string
  let calls: string[]
  const nodes = {
    hold: async (name: string) => void calls.push(`hold ${name}`),
    release: (name: string) => void calls.push(`release ${name}`),
    revive: (name: string) => void calls.push(`revive ${name}`),
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
    dataDir = join(directory, 'node')
    calls = []
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const open = (mode: 'create' | 'existing') => Store.open(dataDir, { mode })
  async function sign(store: Store, from: number, to: number): Promise<void> {
    for (let i = from; i <= to; i++) await store.recordSigned(`ballot/${i}`, digest(i))
  }
  async function signed(): Promise<string[]> {
    const store = await open('existing')
    const slots = [...store.signedSlots]
    await store.close()
    return slots
  }
  const refusal = () => signed().then(String, (error: Error) => error.message)

  it('puts an old database back: the record is enough', async () => {
    await (await open('create')).close()
    const fault = new OldDatabase(nodes, { name: 'n', dataDir }, 'database')
    await fault.begin()
    const store = await open('existing')
    await sign(store, 1, 3)
    await store.close()
    await fault.end()
    expect(await signed()).to.deep.equal(['ballot/1', 'ballot/2', 'ballot/3'])
    expect(calls).to.deep.equal(['hold n', 'release n', 'hold n', 'release n'])
  })

  it('puts an old record back: the database knows better', async () => {
    await (await open('create')).close()
    const fault = new OldDatabase(nodes, { name: 'n', dataDir }, 'record')
    await fault.begin()
    const store = await open('existing')
    await sign(store, 1, 3)
    await store.close()
    await fault.end()
    expect(await refusal()).to.match(/older copy \(it ends after 0 entries, where 3 were recorded\)/)
  })

  it('damages a database, and gives it back whole', async () => {
    const store = await open('create')
    await sign(store, 1, 20)
    await store.close()
    await signed() // moves the log into a table
    const fault = new DamagedDatabase(nodes, { name: 'n', dataDir })
    await fault.begin()
    expect(await refusal()).to.match(/database in .* is damaged|ballot\/20$/)
    await fault.end()
    expect(await signed()).to.have.length(20)
  })

  describe('a small disk', () => {
    let watchdog: Watchdog
    before(async () => {
      watchdog = await startWatchdog()
    })
    after(() => watchdog.close())

    it('is full for its node alone, and leaves its data beneath; a machine that cannot have one says so', async () => {
      const disk = await SmallDisk.open(dataDir, watchdog).catch((error: Error) => error)
      if (disk instanceof Error) {
        expect(disk).to.be.instanceOf(UserError)
        expect(disk.message).to.match(/cannot give a node a disk of its own.*Run scenarios/)
        return
      }
      writeFileSync(join(disk.outside, 'before'), 'kept')
      const fault = new FullDisk(nodes, 'n', disk)
      await fault.begin()
      const write = () => writeFileSync(join(disk.outside, 'more'), 'x'.repeat(5000))
      expect(write).to.throw('ENOSPC')
      writeFileSync(join(directory, 'elsewhere'), 'x'.repeat(5000))
      expect(existsSync(join(dataDir, 'before'))).to.equal(false)
      await fault.end()
      write()
      await disk.close()
      await disk.close()
      expect(readFileSync(join(dataDir, 'before'), 'utf8')).to.equal('kept')
      expect(existsSync(join(dataDir, 'filler'))).to.equal(false)
      expect(calls).to.deep.equal(['revive n'])
    })
  })
})
