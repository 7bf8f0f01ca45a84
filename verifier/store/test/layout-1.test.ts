/** A data directory of layout 1, whose database held the signed digests, becomes one of the layout of today. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Level } from 'level'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { GossipItem } from '../../../proto/messages.js'
import { SigningConflict } from '../errors.js'
import { seal } from '../sealed.js'
import { SigningRecord } from '../signing-record.js'
import { Store } from '../store.js'
import { CrashStates, withWrites } from './crashes.js'
import { expectFault, failure } from './faults.js'

const SIGNED = 30
const slot = (i: number) => `report/${i}/0`
const digest = (i: number) => keccakText(String(i))
const signed = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ slot: slot(from + i), digest: digest(from + i) }))
const heard = GossipItem.encode({ kind: 'commit', data: Uint8Array.of(1) })

describe('a data directory of layout 1', () => {
  let parent: string
  let dataDir: string
  let record: string
  const levelIn = (dir: string) =>
    new Level<string, Uint8Array>(join(dir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view', compression: false })

  /** Writes a directory as the previous version did. */
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bandwitness-layout-'))
    dataDir = join(parent, 'verifier')
    record = join(dataDir, 'signing-record')
    const level = levelIn(dataDir)
    const put = (key: string, value: Uint8Array) => level.put(key, seal(key, value), { sync: true })
    await put('meta/version', new TextEncoder().encode('1'))
    for (const one of signed(0, SIGNED)) await put(`signed/${one.slot}`, fromHex(one.digest))
    await put('gossip/000000000003/ab', heard)
    await level.close()
  })
  afterEach(() => rm(parent, { recursive: true }))

  const expectMoved = async (count = SIGNED) => {
    for (const start of ['first', 'second']) {
      const store = await Store.open(dataDir, { mode: 'existing' })
      for (const one of signed(0, count)) {
        expect(await store.recordSigned(one.slot, one.digest), start).to.equal('same')
        expect(await failure(store.recordSigned(one.slot, keccakText('x')))).to.be.instanceOf(SigningConflict)
      }
      expect(await store.heardGossip(3)).to.deep.equal([GossipItem.decode(heard)])
      await store.close()
    }
    expect(await readdir(dataDir)).to.have.members(['db', 'signing-record'])
    const level = levelIn(dataDir)
    expect(await level.keys({ gte: 'signed/', lt: 'signed/~' }).all()).to.deep.equal([])
    await level.close()
  }

  it('is moved, signs as before, and keeps the rest', () => expectMoved())

  it('is moved again after a crash in the middle of the file', async () => {
    await writeFile(`${record}.partial`, 'bandwitness signing rec')
    await expectMoved()
  })

  it('is moved again after a crash between the file and the database', async () => {
    await SigningRecord.create(record, signed(0, SIGNED))
    await expectMoved()
  })

  it('is moved again when the write to the database failed, before and after it was on disk', async () => {
    for (const isWritten of [false, true]) {
      const database = withWrites(levelIn(dataDir), async write => {
        if (isWritten) await write()
        throw Object.assign(new Error('write failed'), { code: 'ENOSPC' })
      })
      await expectFault(Store.open(dataDir, { mode: 'existing', database }), 'no-space', 'free')
      expect((await readFile(record)).length).to.equal((1 + SIGNED) * 128)
    }
    await expectMoved()
  })

  it('is moved from every state in which a crash can leave it', async () => {
    const states = new CrashStates(dataDir, parent)
    await states.keep()
    const database = withWrites(levelIn(dataDir), async write => {
      await states.keep()
      await write()
      await states.keep()
    })
    await (await Store.open(dataDir, { mode: 'existing', database })).close()
    await states.keep()
    expect(states.paths).to.have.length(6)
    for (const state of states.paths) {
      await rm(dataDir, { recursive: true })
      await cp(state, dataDir, { recursive: true })
      await expectMoved()
    }
  })

  it('adds to a record that is older or newer, for example when a copy of layout 1 was restored beside it', async () => {
    const copy = join(parent, 'copy')
    await cp(dataDir, copy, { recursive: true })
    for (const [from, to] of [
      [0, SIGNED - 5],
      [0, SIGNED + 5],
      [SIGNED, SIGNED + 5],
    ] as const) {
      await rm(dataDir, { recursive: true })
      await cp(copy, dataDir, { recursive: true })
      await SigningRecord.create(record, signed(from, to))
      await expectMoved(Math.max(to, SIGNED))
    }
  })

  it('is refused beside a record that contradicts it, and stays as it is', async () => {
    await SigningRecord.create(record, [{ slot: slot(4), digest: keccakText('x') }])
    for (const start of [1, 2]) {
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', record, slot(4))
      const level = levelIn(dataDir)
      expect(await level.keys({ gte: 'signed/', lt: 'signed/~' }).all(), `start ${start}`).to.have.length(SIGNED)
      await level.close()
    }
  })

  it('is refused when the database has dropped signatures on opening, at the next start too', async () => {
    const copy = join(parent, 'copy')
    await cp(dataDir, copy, { recursive: true })
    const logOf = async () =>
      join(dataDir, 'db', (await readdir(join(dataDir, 'db'))).find(name => name.endsWith('.log'))!)
    const flip = async () => {
      const log = await readFile(await logOf())
      log[log.indexOf(fromHex(digest(9)))]! ^= 1
      await writeFile(await logOf(), log)
    }
    const remove = async () => {
      const level = levelIn(dataDir)
      await level.open() // moves the log into a table
      await level.close()
      await rm(await logOf())
    }
    for (const [damage, says] of [
      [flip, 'dropping'],
      [remove, 'log is missing'],
    ] as const) {
      await rm(dataDir, { recursive: true })
      await cp(copy, dataDir, { recursive: true })
      await damage()
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'damaged', dataDir, says, 'Restore')
      await expectFault(Store.open(dataDir, { mode: 'existing' }), 'missing', dataDir, 'lost', 'restore')
      expect(await readdir(dataDir)).to.deep.equal(['db'])
    }
    // The reader follows the advice of the error.
    await rm(dataDir, { recursive: true })
    await cp(copy, dataDir, { recursive: true })
    await expectMoved()
  })
})
