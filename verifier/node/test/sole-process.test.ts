/** Two processes with one set of keys, and backups of signing records: nothing is ever signed twice. */
import { randomBytes, randomInt } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { type EpochClock, epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { STATEMENT_KINDS } from '../../../proto/equivocation.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { ChainFacts } from '../../core/facts.js'
import type { Announcement } from '../../core/ports.js'
import { SigningConflict } from '../../store/errors.js'
import { Store } from '../../store/store.js'
import { PresenceBook } from '../presence-book.js'
import { signOnce, slotOf } from '../signing.js'
import { SoleProcess } from '../sole-process.js'
import { bls, facts, network, signers } from './gossip-samples.js'

const EPOCH_MS = 3_600_000
const EPOCHS: EpochClock = { genesisMs: 1_000_000 * EPOCH_MS, epochMs: EPOCH_MS, eraEpochs: 5 }
const SELF = 0
type Record = Pick<Store, 'isRecordUntouched' | 'signedSlots'>
const EMPTY: Record = { isRecordUntouched: false, signedSlots: [] }
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
    readonly deaf: readonly number[] = [],
  ) {
    const context = { network, epochs: EPOCHS, wall: clock.shiftedBy(0), bls: { signer: signers[1]!, verifier: bls } }
    const get = async (epoch: number) => ({ facts: factsOf(epoch), assignment: undefined as never })
    this.#books = new Map([1, 2, 3].map(index => [index, new PresenceBook(context, { get })]))
  }

  processOf(clock: Clock, shiftMs: number, failed: () => void, store: Record = EMPTY): SoleProcess {
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
    return new SoleProcess(context, { directory: { verifiers: () => announced }, present })
  }
}

describe('a process that must be the only one with its keys', () => {
  /** Both listen through an epoch in which the clock stands at its end. @returns the processes that failed */
  async function together(shifts: readonly number[], startsMs: readonly number[], deaf: readonly number[] = []) {
    const clock = new Clock()
    const others = new Others(clock, deaf)
    const failed = new Set<number>()
    const processes = startsMs.map((startMs, i) => {
      clock.nowMs = startMs
      return others.processOf(clock, shifts[i]!, () => failed.add(i))
    })
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

  it('signs at once with the very record to which it wrote in this epoch or the last one, and not with an older one', () => {
    const clock = new Clock()
    clock.nowMs = at(7, 0.5)
    const started = (isRecordUntouched: boolean, slots: string[]) =>
      new Others(clock).processOf(clock, 0, () => undefined, { isRecordUntouched, signedSlots: slots }).maySign(7)
    expect(started(true, ['seen/3', 'report/6/0'])).to.equal(true)
    expect(started(true, ['seen/3', 'schedule/7'])).to.equal(true)
    expect(started(true, ['seen/3', 'report/5/0'])).to.equal(false)
    expect(started(true, [])).to.equal(false)
    expect(started(false, ['report/6/0', 'schedule/7'])).to.equal(false)
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
    const before = others.processOf(clock, 0, () => failures++)
    clock.nowMs = at(4, 0.9)
    await before.listen(factsOf(4))
    const after = others.processOf(clock, 0, () => failures++) // the process before was killed in this epoch
    clock.nowMs = at(5, 0.9)
    await after.listen(factsOf(5))
    await after.listen(factsOf(5))
    expect([failures, after.maySign(4), after.maySign(5)]).to.deep.equal([0, false, true])
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
        const process = others.processOf(clock, 0, () => conflicts.push('stopped'), store)
        if (process.maySign(epoch)) atOnce++
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
