/** The database's real files, with every single bit flipped. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { crc32c } from '../crc32c.js'
import { DamagedFile } from '../file-reader.js'
import { logRecords } from '../log-file.js'
import { Store } from '../store.js'
import { checkTable } from '../table-file.js'

const SIGNED = 40
const BLOCK_BYTES = 32 * 1024
const FOOTER_BYTES = 48
const MAGIC_BYTES = 8

/** Calls `check` with each bit of a file flipped. @returns the bytes in which a flipped bit is not seen */
function unseen(file: Uint8Array, check: (flipped: Uint8Array) => void): number[] {
  const bytes = new Set<number>()
  const flipped = Uint8Array.from(file)
  for (let bit = 0; bit < file.length * 8; bit++) {
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    try {
      check(flipped)
      bytes.add(bit >> 3)
    } catch (error) {
      expect(error).to.be.instanceOf(DamagedFile)
    }
    flipped[bit >> 3] = file[bit >> 3]!
  }
  return [...bytes]
}

describe('files of the database', () => {
  let dir: string
  beforeEach(async () => {
    dir = join(await mkdtemp(join(tmpdir(), 'bandwitness-store-')), 'db')
  })
  afterEach(() => rm(join(dir, '..'), { recursive: true }))

  const record = async (slots: number) => {
    const store = await Store.open(dir, { mode: 'create' })
    for (let i = 0; i < slots; i++) await store.recordSigned(`report/${i}/0`, keccakText(String(i)))
    await store.close()
  }
  const fileLike = async (pattern: RegExp) =>
    new Uint8Array(await readFile(join(dir, (await readdir(dir)).find(name => pattern.test(name))!)))

  it('have checksums as RFC 3720 gives them', () => {
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa) // appendix B.4
    expect(crc32c(new TextEncoder().encode('123456789'))).to.equal(0xe3069283)
  })

  it('show every flipped bit of a table that changes its meaning', async () => {
    await record(SIGNED)
    await (await Store.open(dir, { mode: 'existing' })).close() // moves the log into a table
    const table = await fileLike(/\.ldb$/)
    checkTable(table)
    // the footer's numbers have one more encoding, and zeros behind them
    const numbers = [table.length - FOOTER_BYTES, table.length - MAGIC_BYTES - 1] as const
    for (const byte of unseen(table, checkTable)) expect(byte).to.be.within(...numbers)
  })

  it('show every flipped bit of a log, but for what makes its last record look cut off', async () => {
    await record(SIGNED)
    const log = await fileLike(/\.log$/)
    const records = logRecords(log)
    expect(records).to.have.length(SIGNED + 1) // the layout's version comes first
    const lastHeader = log.length - records.at(-1)!.length - 7
    for (const byte of unseen(log, logRecords)) expect(byte - lastHeader).to.be.oneOf([4, 5]) // its length
  })

  it('may end in an interrupted write', async () => {
    await record(SIGNED)
    const log = await fileLike(/\.log$/)
    const records = logRecords(log)
    for (let cut = 1; cut <= records.at(-1)!.length; cut++) {
      expect(logRecords(log.subarray(0, -cut))).to.deep.equal(records.slice(0, -1))
    }
    expect(logRecords(Uint8Array.from([...log, ...new Uint8Array(500)]))).to.deep.equal(records)
  })

  it('hold records that cross their blocks', async () => {
    const store = await Store.open(dir, { mode: 'create' })
    const sizes = [1, BLOCK_BYTES, BLOCK_BYTES - 20, 3 * BLOCK_BYTES, 7, 100_000]
    for (const [i, size] of sizes.entries()) await store.putGossip(i, new Uint8Array(size).fill(i))
    await store.close()
    const records = logRecords(await fileLike(/\.log$/))
    expect(records.slice(1).map((record, i) => record.length > sizes[i]! && record.at(-1) === i)).to.not.include(false)
    expect(records).to.have.length(sizes.length + 1)
  })
})
