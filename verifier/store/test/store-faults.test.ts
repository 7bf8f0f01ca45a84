/** A store whose directory is missing, damaged, older or full. */
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Level } from 'level'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { GossipItem } from '../../../proto/messages.js'
import type { Database } from '../database.js'
import { SigningConflict, StoreError } from '../errors.js'
import { openRecordFile } from '../signing-record.js'
import { Store } from '../store.js'
import { expectFault, failure } from './faults.js'
import { longReport } from './report-samples.js'
import { ballot, facts, putBallot, storedBallot } from './samples.js'

const compacting = (level: unknown) => level as Pick<Database, 'compactRange'>

describe('a store', () => {
  let parent: string
  let dataDir: string
  let dir: string
  let store: Store
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bandwitness-store-'))
    dataDir = join(parent, 'verifier')
    dir = join(dataDir, 'db')
    store = await Store.open(dataDir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(parent, { recursive: true })
  })
  const reopen = async () => {
    await store.close()
    store = await Store.open(dataDir, { mode: 'existing' })
  }

  describe('refuses to open', () => {
    it('a missing database, and creates nothing in its place', async () => {
      const missing = join(parent, 'elsewhere')
      await expectFault(Store.open(missing, { mode: 'existing' }), 'missing', missing, 'restore')
      expect(await readdir(parent)).to.deep.equal(['verifier'])
    })

    it('a database without a signing record', async () => {
      const other = join(parent, 'other')
      const level = new Level(join(other, 'db'))
      await level.put('a', 'b')
      await level.close()
      await expectFault(Store.open(other, { mode: 'existing' }), 'missing', other, 'restore')
    })

    it('a new database if one exists', async () => {
      await expectFault(Store.open(dataDir, { mode: 'create' }), 'exists', dir)
    })

    it('a new database if a signing record exists', async () => {
      await store.close()
      await rename(dir, join(parent, 'lost'))
      const path = join(dataDir, 'signing-record')
      await expectFault(Store.open(dataDir, { mode: 'create' }), 'exists', path)
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'missing', dir, 'restore')
      expect(await readdir(dataDir)).to.deep.equal(['signing-record'])
      await rename(join(parent, 'lost'), dir)
      await reopen()
    })

    it('a key whose signing record is missing', async () => {
      await store.close()
      const path = join(dataDir, 'signing-record')
      await rename(path, join(parent, 'lost'))
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'missing', path, 'restore')
      await expectFault(Store.open(dataDir, { mode: 'create' }), 'exists', dir)
      expect(await readdir(dataDir)).to.deep.equal(['db'])
      await rename(join(parent, 'lost'), path)
      await reopen()
    })

    it('a database whose files the system does not let it use', async () => {
      await store.close()
      const lock = join(dir, 'LOCK')
      await rm(lock)
      await mkdir(lock)
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'unwritable', dir, 'Check the disk')
      await rm(lock, { recursive: true })
      await reopen()
    })

    it('a database that another store uses', async () => {
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'locked', dir, 'stop')
    })
  })

  describe('refuses a damaged database and keeps its files', () => {
    const SIGNED = 50
    const root = (i: number) => keccakText(`ballot ${i}`)
    const fill = async () => {
      for (let i = 0; i < SIGNED; i++) {
        await store.recordSigned(`report/${i}/0`, keccakText(String(i)))
        await putBallot(store, ballot(i, `ballot ${i}`))
      }
      await reopen() // moves the log into a table
      await store.close()
    }
    const fileLike = async (pattern: RegExp) => join(dir, (await readdir(dir)).find(name => pattern.test(name))!)
    const truncated = async (pattern: RegExp, keep: number) => {
      const path = await fileLike(pattern)
      await writeFile(path, (await readFile(path)).subarray(0, keep))
    }
    const DAMAGE: [what: string, file: RegExp, damage: (path: string) => Promise<void>][] = [
      ['CURRENT is garbage', /^CURRENT$/, path => writeFile(path, 'garbage')],
      ['CURRENT is gone', /^CURRENT$/, path => rm(path)],
      ['CURRENT is empty', /^CURRENT$/, path => writeFile(path, '')],
      ['the manifest is garbage', /^MANIFEST/, path => writeFile(path, 'garbage garbage')],
      ['the manifest is gone', /^MANIFEST/, path => rm(path)],
      ['a table is gone', /\.ldb$/, path => rm(path)],
      ['a table is garbage', /\.ldb$/, path => writeFile(path, Buffer.alloc(3000, 7))],
      ['a table is empty', /\.ldb$/, path => writeFile(path, '')],
      ['a table is cut off', /\.ldb$/, () => truncated(/\.ldb$/, 1000)],
    ]
    for (const [what, file, damage] of DAMAGE) {
      it(`when ${what}`, async () => {
        await fill()
        const copy = join(parent, 'copy')
        await cp(dir, copy, { recursive: true })
        const path = await fileLike(file)
        await damage(path)
        const damagedBytes = await readFile(path).catch(() => undefined)
        await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', dir, 'kept', 'Restore')
        const tables = (await readdir(copy)).filter(name => name.endsWith('.ldb') && join(dir, name) !== path)
        expect(await readdir(dir)).to.include.members(tables)
        if (path.endsWith('.ldb')) expect(await readFile(path).catch(() => undefined)).to.deep.equal(damagedBytes)
        // The reader follows the advice of the error.
        await rm(dir, { recursive: true })
        await rename(copy, dir)
        store = await Store.open(dataDir, { mode: 'existing' })
        expect(await store.recordSigned('report/49/0', keccakText('49'))).to.equal('same')
        expect(await storedBallot(store, root(49))).to.deep.equal(ballot(49, 'ballot 49'))
      })
    }

    for (const [what, file] of [
      ['the manifest', /^MANIFEST/],
      ['CURRENT', /^CURRENT$/],
    ] as const) {
      it(`when one bit of ${what} is flipped`, async () => {
        await fill()
        const path = await fileLike(file)
        const whole = await readFile(path)
        await fc.assert(
          fc.asyncProperty(fc.nat(whole.length * 8 - 1), async bit => {
            const flipped = Buffer.from(whole)
            flipped[bit >> 3]! ^= 1 << (bit & 7)
            await writeFile(path, flipped)
            await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', dir)
          }),
          { numRuns: 100 },
        )
      })
    }
  })

  describe('finds damage to a row', () => {
    /** It does not compress, so its bytes stand in the table as they are. */
    const item = Buffer.concat(Array.from({ length: 20 }, (_, i) => fromHex(keccakText(`part ${i}`))))
    const heard = GossipItem.encode({ kind: 'commit', data: item })

    it('when it reads the row, and opens, signs and reads the rest before and after', async () => {
      await store.recordSigned('report/1/0', keccakText('a'))
      await store.putGossip(1, heard)
      await store.putFacts(facts(1, 'one'))
      await reopen() // moves the log into a table
      await store.close()
      const path = join(dir, (await readdir(dir)).find(name => name.endsWith('.ldb'))!)
      const whole = await readFile(path)
      const at = whole.indexOf(item)
      expect(at).to.be.greaterThan(0)
      await fc.assert(
        fc.asyncProperty(fc.nat(item.length * 8 - 1), async bit => {
          const flipped = Buffer.from(whole)
          flipped[at + (bit >> 3)]! ^= 1 << (bit & 7)
          await writeFile(path, flipped)
          store = await Store.open(dataDir, { mode: 'existing' })
          await expectFault(store.heardGossip(1), 'damaged', dir, 'kept', 'Restore')
          await expectFault(store.gossipNames(1), 'damaged', dir)
          expect(await store.recordSigned('report/1/0', keccakText('a'))).to.equal('same')
          expect(await store.getFacts(1, keccakText('one'))).to.deep.equal(facts(1, 'one'))
          await store.close()
        }),
        { numRuns: 50 },
      )
    })

    it('when a row is missing that another row names', async () => {
      const long = longReport(3, 40)
      await store.putReport(long)
      await store.putFacts(facts(3, 'three'))
      await store.close()
      const level = new Level<string, Uint8Array>(dir, { keyEncoding: 'utf8', valueEncoding: 'view' })
      const [second, part] = [
        (await level.keys({ gte: 'leaves/', lt: 'leaves/~' }).all())[1]!,
        (await level.keys({ gte: 'facts-part/', lt: 'facts-part/~' }).all())[0]!,
      ]
      await level.batch([
        { type: 'del', key: second },
        { type: 'del', key: part },
      ])
      await level.close()
      store = await Store.open(dataDir, { mode: 'existing' })
      await expectFault(store.getReport(long.headerHash), 'damaged', dir, 'missing')
      await expectFault(store.getFacts(3, keccakText('three')), 'damaged', dir, part, 'missing')
      await store.putReport(long) // fetched again
      await reopen()
      expect(await store.getReport(long.headerHash)).to.deep.equal(long)
    })
  })

  describe('with a database that is older than the record', () => {
    const sign = (i: number) => store.recordSigned(`report/${i}/0`, keccakText(String(i)))
    const expectAllSigned = async (count: number) => {
      for (let i = 0; i < count; i++) {
        expect(await sign(i)).to.equal('same')
        const other = await failure(store.recordSigned(`report/${i}/0`, keccakText('other')))
        expect(other).to.be.instanceOf(SigningConflict)
      }
    }

    it('opens after a restore from a copy, and then still refuses an older record', async () => {
      for (let i = 0; i < 3; i++) await sign(i)
      await store.close()
      const copy = join(parent, 'copy')
      await cp(dataDir, copy, { recursive: true })
      store = await Store.open(dataDir, { mode: 'existing' })
      for (let i = 3; i < 6; i++) await sign(i)
      await store.close()
      await rm(dir, { recursive: true })
      await cp(join(copy, 'db'), dir, { recursive: true })
      store = await Store.open(dataDir, { mode: 'existing' })
      await expectAllSigned(6)
      await store.close()
      await rm(join(dataDir, 'signing-record'))
      await cp(join(copy, 'signing-record'), join(dataDir, 'signing-record'))
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', 'after 3 entries, where 6')
      // Both come from one copy, which nothing here can detect.
      await rm(dataDir, { recursive: true })
      await rename(copy, dataDir)
      store = await Store.open(dataDir, { mode: 'existing' })
      await expectAllSigned(3)
    })

    it('opens when its log is gone', async () => {
      await sign(0)
      await reopen() // moves the log into a table
      for (let i = 1; i < 6; i++) await sign(i)
      await store.close()
      await rm(join(dir, (await readdir(dir)).find(name => name.endsWith('.log'))!))
      store = await Store.open(dataDir, { mode: 'existing' })
      await expectAllSigned(6)
    })

    it('opens, or says that it is damaged, when one bit of its log is flipped', async () => {
      for (let i = 0; i < 6; i++) await sign(i)
      await store.close()
      const copy = join(parent, 'copy')
      await cp(dataDir, copy, { recursive: true })
      const log = join(dir, (await readdir(dir)).find(name => name.endsWith('.log'))!)
      const whole = await readFile(log)
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length * 8 - 1), async bit => {
          await rm(dataDir, { recursive: true })
          await cp(copy, dataDir, { recursive: true })
          const flipped = Buffer.from(whole)
          flipped[bit >> 3]! ^= 1 << (bit & 7)
          await writeFile(log, flipped)
          const opened = await Store.open(dataDir, { mode: 'existing' }).catch(error => error)
          if (opened instanceof Store) {
            store = opened
            await expectAllSigned(6)
            await store.close()
          } else
            expect(opened).to.be.instanceOf(StoreError).with.property('fault').that.is.oneOf(['damaged', 'missing'])
        }),
        { numRuns: 100 },
      )
    })
  })

  describe('on a full disk', () => {
    /** The real database, until `full` is set. */
    function fillable(level: Level<string, Uint8Array>): { database: Database; disk: { full: boolean } } {
      const disk = { full: false }
      const database: Database = {
        open: () => level.open(),
        close: () => level.close(),
        compactRange: (start, end) => compacting(level).compactRange(start, end),
        get: (key: string) => level.get(key),
        iterator: ((range: object) => level.iterator(range)) as Database['iterator'],
        keys: ((range: object) => level.keys(range)) as Database['keys'],
        batch: (async (rows: never, options: never) => {
          if (disk.full) throw Object.assign(new Error('write failed'), { code: 'ENOSPC' })
          return level.batch(rows, options)
        }) as Database['batch'],
      }
      return { database, disk }
    }

    it('says so, signs nothing and loses nothing', async () => {
      await store.close()
      const level = new Level<string, Uint8Array>(dir, { keyEncoding: 'utf8', valueEncoding: 'view' })
      const { database, disk } = fillable(level)
      const openFile: typeof openRecordFile = async path => {
        const file = await openRecordFile(path)
        const write = file.write.bind(file) as (...args: unknown[]) => Promise<never>
        return Object.assign(file, {
          write: async (...args: unknown[]) => {
            if (disk.full) throw Object.assign(new Error('write failed'), { code: 'ENOSPC' })
            return write(...args)
          },
        })
      }
      store = await Store.open(dataDir, { mode: 'existing', database, openFile })
      await store.recordSigned('report/1/0', keccakText('a'))
      await putBallot(store, ballot(3, 'one'))
      disk.full = true
      await expectFault(store.recordSigned('report/2/0', keccakText('b')), 'no-space', dataDir, 'free')
      await expectFault(store.putFacts(facts(1, 'one')), 'no-space')
      expect(await store.getFacts(1, keccakText('one'))).to.equal(undefined) // as after a restart
      expect(await store.recordSigned('report/1/0', keccakText('a'))).to.equal('same')
      disk.full = false
      expect(await store.recordSigned('report/2/0', keccakText('c'))).to.equal('recorded')
      await reopen()
      expect(await store.recordSigned('report/1/0', keccakText('a'))).to.equal('same')
      expect(await store.recordSigned('report/2/0', keccakText('c'))).to.equal('same')
      expect(await storedBallot(store, keccakText('one'))).to.deep.equal(ballot(3, 'one'))
    })
  })
})
