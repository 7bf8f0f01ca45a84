/** The file of a signing record and its witness: what disks, people and other processes do to them. */
import { copyFile, mkdtemp, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { SigningConflict } from '../errors.js'
import { decodeCopy } from '../record-copy.js'
import { BLOCK_BYTES, type RecordHead } from '../record-format.js'
import { openRecordFile, SigningRecord, type Witness } from '../signing-record.js'
import { expectFault, type Faults, failing, failure, io } from './faults.js'

const SIGNED = 5
const OWNER = keccakText('owner')

describe('the file of a signing record', () => {
  let dir: string
  let path: string
  let head: RecordHead | undefined
  const witness: Witness = {
    read: async () => head,
    write: async written => {
      head = written
    },
  }
  const opened = (openFile = openRecordFile) => SigningRecord.open(path, witness, openFile)
  /** Opens, works, closes. */
  const using = async <T>(work: (record: SigningRecord) => Promise<T>, openFile = openRecordFile): Promise<T> => {
    const record = await opened(openFile)
    try {
      return await work(record)
    } finally {
      await record.close()
    }
  }
  const sign = async (record: SigningRecord, from: number, to: number) => {
    for (let i = from; i < to; i++)
      expect(await record.add(`report/${i}/0`, keccakText(String(i)))).to.equal('recorded')
  }
  const expectSigned = async (count: number) =>
    using(async record => {
      for (let i = 0; i < count; i++) {
        expect(await record.add(`report/${i}/0`, keccakText(String(i)))).to.equal('same')
        expect(await failure(record.add(`report/${i}/0`, keccakText('x')))).to.be.instanceOf(SigningConflict)
      }
    })

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-record-'))
    path = join(dir, 'signing-record')
    head = await SigningRecord.create(path)
    await using(record => sign(record, 0, SIGNED))
  })
  afterEach(() => rm(dir, { recursive: true }))

  describe('is refused, and kept as it is,', () => {
    it('with any single bit flipped', async () => {
      const whole = await readFile(path)
      const file = await open(path, 'r+')
      for (let bit = 0; bit < whole.length * 8; bit++) {
        await file.write(Uint8Array.of(whole[bit >> 3]! ^ (1 << (bit & 7))), 0, 1, bit >> 3)
        await expectFault(opened(), 'damaged', path, 'kept', 'Restore')
        await file.write(whole, bit >> 3, 1, bit >> 3)
      }
      await file.close()
      expect(await readFile(path)).to.deep.equal(whole)
      await expectSigned(SIGNED)
    })

    it('cut off at any byte', async () => {
      const whole = await readFile(path)
      for (let length = whole.length - 1; length >= 0; length--) {
        await truncate(path, length)
        await expectFault(opened(), 'damaged', path, 'kept')
        expect(await readFile(path)).to.deep.equal(whole.subarray(0, length))
      }
    })

    it('when it is missing, and none is made in its place', async () => {
      await rm(path)
      await expectFault(opened(), 'missing', path, 'restore')
      expect(await readdir(dir)).to.deep.equal([])
    })

    it('when it is an older copy', async () => {
      const copy = join(dir, 'copy')
      await copyFile(path, copy)
      await using(record => sign(record, SIGNED, SIGNED + 1))
      const current = await readFile(path)
      await rename(copy, path)
      await expectFault(opened(), 'damaged', path, `after ${SIGNED} entries`, 'current copy')
      // The reader follows the advice of the error.
      await writeFile(path, current)
      await expectSigned(SIGNED + 1)
    })

    it('when it belongs to another key, however long it is', async () => {
      for (const count of [SIGNED, SIGNED + 5]) {
        const other = join(dir, `other-${count}`)
        await SigningRecord.create(
          other,
          Array.from({ length: count }, (_, i) => ({ slot: `report/${i}/0`, digest: keccakText(String(i)) })),
        )
        await rename(other, path)
        await expectFault(opened(), 'damaged', path)
      }
    })

    it('when an entry was removed, or two changed places', async () => {
      const whole = await readFile(path)
      const blocks = Array.from({ length: SIGNED + 1 }, (_, i) =>
        whole.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES),
      )
      for (let i = 0; i < SIGNED; i++) {
        await writeFile(path, Buffer.concat(blocks.toSpliced(i, 1)))
        await expectFault(opened(), 'damaged', path)
        await writeFile(path, Buffer.concat(blocks.toSpliced(i, 2, blocks[i + 1]!, blocks[i]!)))
        await expectFault(opened(), 'damaged', path)
      }
    })
  })

  describe('is accepted', () => {
    it('when it is longer than the witness knows, after any crash or restored copy', async () => {
      const witnessed: RecordHead[] = [head!]
      for (let i = SIGNED; i < SIGNED + 3; i++) {
        await using(record => sign(record, i, i + 1))
        witnessed.push(head!)
      }
      for (const older of witnessed) {
        head = older
        await expectSigned(SIGNED + 3)
        expect(head).to.deep.equal(witnessed.at(-1)) // the witness has caught up
      }
    })

    it('after an append that a crash interrupted, which is cut off', async () => {
      const whole = await readFile(path)
      await using(record => sign(record, SIGNED, SIGNED + 1))
      const block = (await readFile(path)).subarray(whole.length)
      await truncate(path, whole.length)
      const before = { entries: SIGNED, seal: new Uint8Array(whole.subarray(-32)) }
      const garbage = [Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES, 0xff)]
      const torn = Array.from({ length: BLOCK_BYTES }, (_, length) => block.subarray(0, length))
      for (const tail of [...torn, ...garbage]) {
        head = before
        await writeFile(path, Buffer.concat([whole, tail]))
        await (await opened()).close()
        expect(await readFile(path)).to.deep.equal(whole)
      }
      await using(record => sign(record, SIGNED, SIGNED + 1))
      await expectSigned(SIGNED + 1)
    })
  })

  describe('on a dying disk', () => {
    it('that is full says so, signs nothing and loses nothing, and goes on when there is space', async () => {
      const faults: Faults = { write: io('ENOSPC') }
      const whole = await readFile(path)
      await using(async record => {
        for (let i = 0; i < 3; i++) {
          await expectFault(record.add('report/9/0', keccakText('9')), 'no-space', path, 'free')
          expect(await readFile(path)).to.deep.equal(whole)
        }
        expect(await record.add('report/0/0', keccakText('0'))).to.equal('same')
        delete faults.write
        expect(await record.add('report/9/0', keccakText('other'))).to.equal('recorded')
      }, failing(faults))
      await using(async record => {
        expect(await record.add('report/9/0', keccakText('other'))).to.equal('same')
      })
      await expectSigned(SIGNED)
    })

    for (const [what, faults] of [
      ['fails to sync once', { datasync: io('EIO') }],
      ['is full when it syncs', { datasync: io('ENOSPC') }],
      ['does not let a failed write be undone', { write: io('EIO'), truncate: io('EIO') }],
    ] as [string, Faults][]) {
      it(`that ${what} signs nothing more until the record was read again`, async () => {
        const fault = Object.values(faults)[0]!.code === 'ENOSPC' ? 'no-space' : 'unwritable'
        await using(async record => {
          await expectFault(record.add('report/9/0', keccakText('9')), fault, path, 'start')
          for (const name of ['write', 'datasync', 'truncate'] as const) delete faults[name]
          await expectFault(record.add('report/9/0', keccakText('9')), fault)
          await expectFault(record.add('report/10/0', keccakText('10')), fault)
          await expectFault(record.add('report/0/0', keccakText('0')), fault)
        }, failing(faults))
        await expectSigned(SIGNED)
      })
    }

    it('signs nothing when the witness fails, or later while the witness is missing', async () => {
      const broken: Witness = { read: async () => head, write: () => Promise.reject(io('EIO')) }
      const record = await SigningRecord.open(path, broken)
      await expectFault(record.add('report/9/0', keccakText('9')), 'unwritable', path)
      await expectFault(record.add('report/9/0', keccakText('9')), 'unwritable', path)
      await record.close()
      // The entry is on disk, although nothing was signed. The next start treats the slot as signed.
      await using(async again => expect(await again.add('report/9/0', keccakText('9'))).to.equal('same'))
    })
  })

  describe('in clumsy hands', () => {
    it('signs nothing more when the file changes under the running node', async () => {
      const older = await readFile(path)
      for (const change of [
        () => writeFile(path, older), // a copy over it
        async () => {
          await writeFile(`${path}.copy`, older)
          await rename(`${path}.copy`, path)
        },
        () => rm(path),
      ]) {
        const record = await opened()
        await sign(record, SIGNED, SIGNED + 1)
        const current = await readFile(path)
        await change()
        const error = await failure(record.add('report/9/0', keccakText('9')))
        expect(error).to.be.instanceOf(Error).with.property('message').that.includes(path)
        await record.close()
        // The next start finds the same.
        expect(await failure(opened()))
          .to.be.instanceOf(Error)
          .with.property('message')
          .that.includes(path)
        await writeFile(path, current)
        await expectSigned(SIGNED + 1)
        await writeFile(path, older)
        head = { entries: SIGNED, seal: new Uint8Array(older.subarray(-32)) }
      }
    })

    it('lets at most one of two concurrent appends through, although no lock separates them', async () => {
      const [first, second] = [await opened(), await opened()]
      const results = await Promise.allSettled([
        first.add('report/9/0', keccakText('first')),
        second.add('report/9/0', keccakText('second')),
      ])
      expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length.at.most(1)
      for (const [index, record] of [first, second].entries()) {
        if (results[index]!.status === 'rejected')
          await expectFault(record.add('report/10/0', keccakText('10')), 'locked')
        await record.close()
      }
      const kept = results.findIndex(({ status }) => status === 'fulfilled')
      if (kept >= 0) {
        await using(async record => {
          expect(await record.add('report/9/0', keccakText(['first', 'second'][kept]!))).to.equal('same')
        })
      }
    })
  })

  describe('takes the entries of another copy', () => {
    const entries = (from: number, to: number, text = '') =>
      Array.from({ length: to - from }, (_, i) => ({
        slot: `report/${from + i}/0`,
        digest: keccakText(`${from + i}${text}`),
      }))

    it('all that are new, and goes on signing in the new file', async () => {
      await using(async record => {
        expect(await record.merge(entries(SIGNED - 2, SIGNED + 3))).to.equal(3)
        expect(await record.merge(entries(0, SIGNED + 3))).to.equal(0)
        await sign(record, SIGNED + 3, SIGNED + 4)
      })
      await expectSigned(SIGNED + 4)
      expect(await readdir(dir)).to.deep.equal(['signing-record'])
    })

    it('or none, if one of them contradicts an entry here or another there', async () => {
      const before = await readFile(path)
      const other = entries(SIGNED - 1, SIGNED, ' other')
      await using(async record => {
        for (const signed of [
          [...entries(SIGNED, SIGNED + 9), ...other],
          [...entries(SIGNED, SIGNED + 9), ...entries(SIGNED, SIGNED + 1, ' other')],
        ])
          expect(await failure(record.merge(signed))).to.be.instanceOf(SigningConflict)
        await sign(record, SIGNED, SIGNED + 1) // the record is still in use
      })
      expect((await readFile(path)).subarray(0, before.length)).to.deep.equal(before)
      await expectSigned(SIGNED + 1)
    })

    it('also if a crash fell between the file and the witness, so that nothing is ever half there', async () => {
      const record = await opened()
      const known = head
      await record.merge(entries(SIGNED, SIGNED + 9))
      await record.close()
      head = known // as the crash left it
      await expectSigned(SIGNED + 9)
    })
  })

  describe('is exported', () => {
    it('as a copy of the same bytes with an end, which can replace the record', async () => {
      const copy = join(dir, 'copy')
      const exported = await using(async record => {
        await sign(record, SIGNED, SIGNED + 1)
        return record.export(copy, OWNER)
      })
      expect(exported).to.deep.equal(head)
      const record = await readFile(path)
      expect((await readFile(copy)).subarray(0, record.length)).to.deep.equal(record)
      expect(decodeCopy(await readFile(copy))).to.include({ owner: OWNER })
      await rename(copy, path)
      await expectSigned(SIGNED + 1)
      expect(await readdir(dir)).to.deep.equal(['signing-record'])
    })

    it('never over another file, and never when it is damaged', async () => {
      const copy = join(dir, 'copy')
      await writeFile(copy, 'precious')
      await using(async record => {
        await expectFault(record.export(copy, OWNER), 'exists', copy)
        await expectFault(record.export(path, OWNER), 'exists', path)
        expect(await readFile(copy, 'utf8')).to.equal('precious')
        await rm(copy)
        const whole = await readFile(path)
        whole[BLOCK_BYTES + 3]! ^= 1
        await writeFile(path, whole)
        await expectFault(record.export(copy, OWNER), 'damaged', path)
      })
      expect(await readdir(dir)).to.deep.equal(['signing-record'])
    })
  })
})
