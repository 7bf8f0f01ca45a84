/** Two processes with one set of keys, and backups of signing records: nothing is ever signed twice. */
import { randomBytes, randomInt } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import pino from 'pino'
import { type EpochClock, epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { STATEMENT_KINDS } from '../../../proto/equivocation.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { ChainFacts } from '../../core/facts.js'
import type { Announcement } from '../../core/ports.js'
import type { ProcessIdentity } from '../../core/process-identity.js'
import { SigningConflict } from '../../store/errors.js'
import { Store } from '../../store/store.js'
import { PresenceBook } from '../presence-book.js'
import { signOnce, slotOf } from '../signing.js'
import { SoleProcess } from '../sole-process.js'
import { bls, facts, network, signers } from './gossip-samples.js'

const EPOCH_MS = 3_600_000
const EPOCHS: EpochClock = { genesisMs: 1_000_000 * EPOCH_MS, epochMs: EPOCH_MS, eraEpochs: 5 }
const SELF = 0

/** A store, as far as a process needs one. */
class Disk {
  #row: ProcessIdentity | undefined
  isRecordUntouched = true
  readonly process = {
    get: async () => this.#row,
    put: async (row: ProcessIdentity) => {
      this.#row = row
    },
    forget: async () => {
      this.#row = undefined
    },
  }

  /** As another machine opens it. */
  get copy(): Disk {
    const copy = new Disk()
    copy.#row = this.#row
    copy.isRecordUntouched = false
    return copy
  }
}
const silent = pino({ level: 'silent' })
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }
const factsOf = (epoch: number): ChainFacts => ({ ...facts, epoch })
const announced = facts.verifiers.map(
  ({ index, account }): Announcement => ({ role: 'verifier', index, account, peerId: '', multiaddrs: [] }),
)

/** The clock of the true time; a process may see it shifted. */
class Clock {
  nowMs = EPOCHS.genesisMs
  shiftedBy = (ms: number) => ({ nowMs: () => this.nowMs + ms })
}

/** The other verifiers. Those in `deaf` answer nothing. */
class Others {
  readonly #books: Map<number, PresenceBook>

  constructor(
    clock: Clock,
    public deaf: readonly number[] = [],
  ) {
    const context = { network, epochs: EPOCHS, wall: clock.shiftedBy(0), bls: { signer: signers[1]!, verifier: bls } }
    const get = async (epoch: number) => ({ facts: factsOf(epoch), assignment: undefined as never })
    this.#books = new Map([1, 2, 3].map(index => [index, new PresenceBook(context, { get })]))
  }

  async processOf(
    clock: Clock,
    shiftMs: number,
    failed: () => void,
    store: Pick<Store, 'isRecordUntouched'> & { process: Pick<Store['process'], 'get'> } = new Disk(),
  ): Promise<SoleProcess> {
    const context = {
      ...{ self: { index: SELF, account: facts.verifiers[SELF]!.account }, network, epochs: EPOCHS, random },
      ...{ wall: clock.shiftedBy(shiftMs), bls: { signer: signers[SELF]!, verifier: bls }, log: silent },
      store: store as Store,
      ...{ stopping: new AbortController().signal, fail: failed },
    }
    const present: ConstructorParameters<typeof SoleProcess>[1]['present'] = async ({ index }, presence) => {
      if (this.deaf.includes(index)) throw new Error('no answer')
      return this.#books.get(index)!.answer(presence)
    }
    const process = new SoleProcess(context, { directory: { verifiers: () => announced }, present })
    await process.begin()
    return process
  }
}

describe('a process that must be the only one with its keys', () => {
  /** Both listen through an epoch in which the clock stands at its end. @returns the processes that failed */
  async function together(shifts: readonly number[], startsMs: readonly number[], deaf: readonly number[] = []) {
    const clock = new Clock()
    const others = new Others(clock, deaf)
    const failed = new Set<number>()
    const processes: SoleProcess[] = []
    for (const [i, startMs] of startsMs.entries()) {
      clock.nowMs = startMs
      processes.push(await others.processOf(clock, shifts[i]!, () => failed.add(i)))
    }
    const first = 1 + Math.floor((Math.max(...startsMs) - EPOCHS.genesisMs) / EPOCH_MS) + 1
    for (let epoch = first; epoch < first + 2; epoch++) {
      clock.nowMs = epochEndMs(EPOCHS, epoch) - 60_000
      const running = processes.filter((_, i) => !failed.has(i))
      await Promise.all(running.map(one => one.listen(factsOf(epoch))))
    }
    return { failed: [...failed], signs: processes.map(one => one.maySign(first + 1)), first, processes }
  }
  const at = (epoch: number, share: number) => epochStartMs(EPOCHS, epoch) + Math.floor(share * EPOCH_MS)

  it('signs nothing of the epoch in which it starts, and everything after it has listened for one', async () => {
    const { processes, first } = await together([0], [at(4, 0.2)])
    expect([first, ...[3, 4, 5, 6].map(epoch => processes[0]!.maySign(epoch))]).to.deep.equal([
      5,
      false,
      false,
      true,
      true,
    ])
  })

  it('is the same process after a restart with the record that it wrote, also while it listens', async () => {
    const [clock, disk] = [new Clock(), new Disk()]
    const others = new Others(clock)
    const startsAt = async (epoch: number, share: number, store = disk) => {
      clock.nowMs = at(epoch, share)
      return others.processOf(clock, 0, () => expect.fail('stopped'), store)
    }
    const signs = (process: SoleProcess, epoch: number) => process.maySign(epoch)
    const first = await startsAt(4, 0.2)
    expect((await startsAt(5, 0.1)).startedIn, 'killed before it was known').to.equal(4)
    await first.listen(factsOf(4))
    expect(signs(first, 4)).to.equal(false)
    const second = await startsAt(5, 0.9)
    expect(signs(second, 5)).to.equal(false)
    await second.listen(factsOf(5))
    expect([4, 5, 6].map(epoch => signs(second, epoch))).to.deep.equal([false, true, false])
    const third = await startsAt(6, 0.9)
    expect(signs(third, 5), 'agreed on in epoch 6').to.equal(true)
    await third.listen(factsOf(6))
    expect([5, 6].map(epoch => signs(third, epoch))).to.deep.equal([true, true])
    expect([(await startsAt(7, 0.9)).startedIn, (await startsAt(7, 0.9, disk.copy)).startedIn]).to.deep.equal([4, 7])
    const late = await startsAt(8, 0)
    expect([late.startedIn, signs(late, 6), signs(late, 7)], 'it was away for more than an epoch').to.deep.equal([
      8,
      false,
      false,
    ])
  })

  it('does not delay the genesis: it listens while it measures the first epoch', async () => {
    const { processes, first } = await together([0], [EPOCHS.genesisMs - 5000])
    expect([first, processes[0]!.maySign(1)]).to.deep.equal([1, true])
  })

  it('signs nothing while too few verifiers answer', async () => {
    const { signs, failed } = await together([0], [at(4, 0.2)], [1, 2])
    expect([signs, failed]).to.deep.equal([[false], []])
    expect((await together([0], [at(4, 0.2)], [1])).signs).to.deep.equal([true])
  })

  it('stops if another one started before, also in the same second, before genesis, or with other clocks', async () => {
    for (let i = 0; i < 20; i++) {
      const early = i % 4 === 0 ? EPOCHS.genesisMs - 4000 : at(4, randomInt(100) / 100)
      const late = early + (i % 2 === 0 ? 0 : randomInt(3000))
      const shifts = [0, i % 3 === 0 ? randomInt(-600_000, 600_000) : 0]
      const { failed, signs } = await together(shifts, [early, late], i % 5 === 0 ? [3] : [])
      expect(failed, `${shifts} ${late - early}`).to.have.length(1)
      expect(signs.filter(Boolean)).to.have.length(1)
      if (shifts[1] === 0 && late - early > 1000) expect(failed).to.deep.equal([1])
    }
  })

  it('does not stop for itself, nor for what strangers or the process before it said', async () => {
    const clock = new Clock()
    const others = new Others(clock)
    let failures = 0
    clock.nowMs = at(3, 0.5)
    const before = await others.processOf(clock, 0, () => failures++)
    clock.nowMs = at(4, 0.9)
    await before.listen(factsOf(4))
    const after = await others.processOf(clock, 0, () => failures++) // the process before was killed in this epoch
    clock.nowMs = at(5, 0.9)
    await after.listen(factsOf(5))
    await after.listen(factsOf(5))
    expect([failures, after.maySign(4), after.maySign(5)]).to.deep.equal([0, false, true])
  })

  describe('attack: an operator takes it for dead and starts another one with a copy of its record', () => {
    let clock: Clock
    let others: Others
    let stopped: string[]
    let first: SoleProcess
    let disk: Disk
    beforeEach(async () => {
      clock = new Clock()
      others = new Others(clock)
      stopped = []
      disk = new Disk()
      clock.nowMs = at(1, 0.1)
      first = await others.processOf(clock, 0, () => stopped.push('first'), disk)
      await listens(first, 2, 0.9)
      await listens(first, 3, 0.9)
      expect(first.maySign(3)).to.equal(true)
    })
    const listens = (process: SoleProcess, epoch: number, share: number, inEpoch = epoch) => {
      clock.nowMs = at(inEpoch, share)
      return process.listen(factsOf(epoch))
    }
    const startOther = (epoch: number, share: number) => {
      clock.nowMs = at(epoch, share)
      return others.processOf(clock, 0, () => stopped.push('other'), disk.copy)
    }

    it('and it wakes hours later: it signs nothing, and stops', async () => {
      const other = await startOther(4, 0.5)
      for (const epoch of [5, 6, 7]) await listens(other, epoch, 0.9)
      clock.nowMs = at(8, 0.2)
      expect([4, 5, 6, 7, 8].filter(epoch => first.maySign(epoch))).to.deep.equal([])
      await listens(first, 4, 0.2, 8) // the epoch in which it fell asleep
      await listens(other, 8, 0.9)
      await listens(first, 8, 0.9)
      expect([first.maySign(7), first.maySign(8), stopped]).to.deep.equal([false, false, ['first']])
      await listens(other, 9, 0.9)
      expect([other.maySign(8), other.maySign(9)]).to.deep.equal([true, true])
    })

    it('and it wakes within an epoch, after the other one has listened', async () => {
      const other = await startOther(3, 0.95)
      await listens(other, 4, 0.9)
      expect(other.maySign(4)).to.equal(true)
      await listens(first, 4, 0.1, 5) // it slept from 3.9 to 5.1
      expect([first.maySign(4), stopped]).to.deep.equal([false, []])
      expect(first.fault).to.match(/signs nothing of epoch 4: another process/)
      await listens(first, 5, 0.9)
      await listens(other, 5, 0.9)
      expect([first.maySign(5), other.maySign(5), stopped]).to.deep.equal([true, false, ['other']])
      expect([other.maySign(4), first.fault]).to.deep.equal([false, undefined])
    })

    it('because it was cut off, and it comes back when the epoch is over', async () => {
      const other = await startOther(3, 0.95)
      await listens(other, 4, 0.9)
      others.deaf = [1, 2, 3]
      await listens(first, 4, 0.9)
      others.deaf = []
      expect([first.maySign(4), other.maySign(4)]).to.deep.equal([false, true])
      expect(first.fault).to.match(/signs nothing of epoch 4: too few others answered/)
      await listens(other, 5, 0.9)
      await listens(first, 5, 0.9)
      expect([first.maySign(5), other.maySign(5), stopped]).to.deep.equal([false, true, ['first']])
    })

    it('and the other one crashes while it listens: a restart does not make its record current', async () => {
      clock.nowMs = at(3, 0.95)
      const copy = disk.copy
      await others.processOf(clock, 0, () => stopped.push('other'), copy)
      copy.isRecordUntouched = true // it signed the schedule of epoch 4
      clock.nowMs = at(4, 0.1)
      const again = await others.processOf(clock, 0, () => stopped.push('other'), copy)
      expect([3, 4].filter(epoch => again.maySign(epoch))).to.deep.equal([])
      await listens(first, 4, 0.9)
      await listens(again, 4, 0.9)
      expect([first.maySign(4), stopped]).to.deep.equal([true, ['other']])
    })

    it('and is itself started again in the epoch in which the other one listens', async () => {
      const other = await startOther(3, 0.95)
      await listens(other, 4, 0.9)
      first = await others.processOf(clock, 0, () => stopped.push('first'), disk)
      await listens(first, 4, 0.95)
      expect([first.maySign(4), other.maySign(4), stopped]).to.deep.equal([false, true, []])
    })

    it('of which the next start is that of a new process, once one of the two has stopped', async () => {
      const copy = disk.copy
      clock.nowMs = at(3, 0.95)
      const other = await others.processOf(clock, 0, () => stopped.push('other'), copy)
      await listens(first, 4, 0.9)
      await listens(other, 4, 0.9)
      expect(stopped).to.deep.equal(['other'])
      copy.isRecordUntouched = true
      const again = await others.processOf(clock, 0, () => stopped.push('again'), copy)
      expect(again.startedIn).to.equal(4)
      await listens(again, 5, 0.9)
      expect([again.maySign(4), again.maySign(5), stopped]).to.deep.equal([false, true, ['other']])
    })
  })

  it('signs no epoch that another one signs, whoever sleeps, is cut off or starts again, in any order', async () => {
    const step = fc.record({
      who: fc.nat(1),
      does: fc.constantFrom('listens', 'listens', 'listens', 'listensLate', 'restarts', 'sleeps'),
      deaf: fc.constantFrom<number[]>([], [], [1], [2], [3], [1, 2]),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { minLength: 4, maxLength: 8 }), async epochs => {
        const clock = new Clock()
        const others = new Others(clock)
        const disks = [new Disk(), new Disk()]
        const stopped = new Set<number>()
        const start = (who: number) => others.processOf(clock, 0, () => stopped.add(who), disks[who]!)
        const processes = [await start(0), await start(1)]
        const signers = new Map<number, Set<number>>()
        // A node takes up each epoch once, after those before it (turns.ts), but for one in which it starts again.
        const taken = [0, 0]
        for (const [i, steps] of epochs.entries()) {
          const epoch = i + 1
          for (const { who, does, deaf } of steps) {
            if (does === 'sleeps' || stopped.has(who)) continue
            clock.nowMs = at(epoch, 0.9)
            others.deaf = deaf
            const listened = does === 'listens' ? epoch : Math.max(1, epoch - 1)
            if (does === 'restarts') {
              processes[who] = await start(who)
              taken[who] = epoch - 1
            } else if (listened > taken[who]!) {
              await processes[who]!.listen(factsOf(listened))
              taken[who] = listened
            }
            for (const [signer, process] of processes.entries())
              for (const one of [epoch - 1, epoch])
                if (process.maySign(one)) signers.set(one, (signers.get(one) ?? new Set()).add(signer))
          }
        }
        for (const [epoch, of] of signers) expect([...of], `signers of epoch ${epoch}`).to.have.length(1)
        expect(stopped.size).to.be.lessThan(2)
      }),
      { numRuns: 100 },
    )
  })

  it('never signs twice after an old backup was restored, in 200 tries', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bandwitness-backup-'))
    const signed = new Map<string, Hex>()
    const conflicts: unknown[] = []
    let restored = 0
    let atOnce = 0
    try {
      const clock = new Clock()
      const others = new Others(clock)
      const live = join(dir, 'live')
      await (await Store.open(live, { mode: 'create' })).close()
      for (let epoch = 1, backup = ''; restored < 200; ) {
        const store = await Store.open(live, { mode: 'existing' })
        clock.nowMs = at(epoch, randomInt(95) / 100)
        const process = await others.processOf(clock, 0, () => conflicts.push('stopped'), store)
        if (process.maySign(epoch - 1)) atOnce++
        for (const end = epoch + randomInt(2); epoch <= end; epoch++) {
          clock.nowMs = epochEndMs(EPOCHS, epoch) - 1000
          await process.listen(factsOf(epoch))
          for (const kind of STATEMENT_KINDS.slice(0, randomInt(3))) {
            if (process.maySign(epoch)) await sign(store, slotOf(kind, epoch, 0))
          }
        }
        await store.close()
        if (backup === '' || randomInt(2) === 0) {
          backup = join(dir, `backup-${restored}`)
          await cp(live, backup, { recursive: true })
        }
        if (randomInt(3) === 0) continue // killed and started again with its own record
        await rm(live, { recursive: true })
        await cp(backup, live, { recursive: true })
        restored++
        epoch -= randomInt(2) // at once, in the epoch in which the process before was killed, or later
      }
    } finally {
      await rm(dir, { recursive: true })
    }
    expect(conflicts).to.deep.equal([])
    expect(signed.size).to.be.greaterThan(100)
    expect(atOnce).to.be.greaterThan(5) // with its own current record

    /** Two processes measure different votes, so a second signature for a slot would contradict the first. */
    async function sign(store: Store, slot: string): Promise<void> {
      const digest = toHex(random.bytes(32))
      try {
        await signOnce(store, signers[SELF]!, slot, digest)
        if (signed.has(slot)) conflicts.push(slot)
        signed.set(slot, digest)
      } catch (error) {
        if (!(error instanceof SigningConflict)) throw error
      }
    }
  })
})
