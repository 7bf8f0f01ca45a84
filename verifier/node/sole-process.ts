/**
 * Lets this process sign only if no other process uses its keys. In every epoch the process presents itself to the other
 * verifiers of the set, and they answer with every process that presented itself with the same keys.
 *
 * A process signs the statements of an epoch only if in this very epoch more than two thirds of the set knew of it, and
 * none of them named another process. Two processes have then asked an honest verifier in common, and the one that asked
 * later has heard of the other. So at most one of them signs, however long one of them stood still, was cut off, or had a
 * wrong clock. Of two processes the later one stops; the earlier one signs again in the next epoch.
 *
 * A process that starts may lack what an earlier one signed. So it signs nothing of the epoch in which it starts, nor of
 * earlier ones. The same holds for a process of which the others did not know in the epoch before: it may have been replaced.
 */
import { presenceDigest } from '../../proto/digests.js'
import { epochAt, epochStartMs } from '../../proto/epoch.js'
import { fromHex, toHex } from '../../proto/hex.js'
import type { Presence } from '../../proto/messages.js'
import { isSupermajority } from '../../proto/quorum.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'
import type { Announcement } from '../core/ports.js'
import { goesOn, isEarlier, known, newProcess, type ProcessIdentity } from '../core/process-identity.js'
import { withAnySignal } from '../net/any-signal.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { keysInUse } from './own-key.js'
import { isSignedPresence } from './presence-proof.js'
import { until } from './waiting.js'

/** When a new process asks, as shares of the epoch: often, so that it hears of an earlier one whose clock differs. */
const FIRST_ASKS = { at: [0.25, 0.5, 0.75], needed: 2 }
/** Earlier than a new process asks, which then hears of this one. The others are for asks that too few answer. */
const LATER_ASKS = { at: [0.125, 0.375, 0.625, 0.875], needed: 1 }
/** How long one verifier may take to answer: a share of the epoch, and no longer than this. On a busy machine it takes seconds. */
const ANSWER_SHARE = 1 / 8
const LONGEST_ANSWER_MS = 10_000
const NONCE_BYTES = 32

export type SoleProcessContext = Pick<
  VerifierContext,
  'self' | 'network' | 'store' | 'epochs' | 'wall' | 'random' | 'bls' | 'log' | 'stopping' | 'fail'
>

export interface SoleProcessModules {
  readonly directory: Pick<Directory, 'verifiers'>
  /** Tells another verifier of this process. @returns what that verifier knows of the processes with these keys */
  readonly present: (other: Announcement, presence: Presence, signal: AbortSignal) => Promise<Presence[]>
}

export class SoleProcess {
  #process: ProcessIdentity | undefined
  #isStopped = false
  /** the newest epoch in which another process was named; −1 before the first */
  #notAloneIn = -1
  #fault: string | undefined
  /** Resolves when no epoch is listened to. One after the other, so that a process has one nonce in an epoch. */
  #listening: Promise<void> = Promise.resolve()

  constructor(
    private readonly context: SoleProcessContext,
    private readonly modules: SoleProcessModules,
  ) {}

  /** Goes on as the process before, if that one wrote this very record, and was not away for longer. */
  async begin(): Promise<void> {
    const { epochs, wall, store } = this.context
    const now = epochAt(epochs, wall.nowMs())
    const before = store.isRecordUntouched ? await store.process.get() : undefined
    if (before === undefined || !goesOn(before, now)) await this.#startIn(now)
    else this.#process = before
  }

  /** The epoch in which this process started. @throws Error before `begin` */
  get startedIn(): number {
    return this.#self.startedIn
  }

  maySign(epoch: number): boolean {
    return !this.#isStopped && this.#process?.aloneIn.includes(epoch) === true
  }

  /** Why this process signs nothing of the last epoch to which it listened; undefined if it signs. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Presents this process in an epoch, also late. @param facts of the epoch, whose set holds this verifier */
  listen(facts: ChainFacts): Promise<void> {
    this.#listening = this.#listening.then(() => this.#listenIn(facts))
    return this.#listening
  }

  /** Ends the node, since another process uses its keys. After it the next start is that of a new process. */
  readonly stop = async (): Promise<void> => {
    const { self, store, fail } = this.context
    this.#isStopped = true
    await store.process.forget().catch(fail)
    fail(keysInUse(self.index))
  }

  async #listenIn(facts: ChainFacts): Promise<void> {
    const { epoch } = facts
    if (this.#isStopped || epoch === this.startedIn) return
    if (!goesOn(this.#self, epoch)) await this.#startIn(epoch - 1)
    const asks = this.#self.knownIn < epoch - 1 || this.#self.knownIn < 0 ? FIRST_ASKS : LATER_ASKS
    const answered = await this.#askIn(facts, asks)
    if (this.#isStopped) return
    if (answered >= asks.needed) await this.#become(known(this.#self, epoch, this.#notAloneIn !== epoch))
    this.#tell(epoch, answered)
  }

  /** @returns how often more than two thirds of the set answered that they know of this process */
  async #askIn(facts: ChainFacts, { at, needed }: typeof FIRST_ASKS): Promise<number> {
    const { epochs, wall, stopping } = this.context
    const startMs = epochStartMs(epochs, facts.epoch)
    let answered = 0
    for (const share of at) {
      await until(startMs + share * epochs.epochMs, wall, stopping)
      if (await this.#ask(facts)) answered++
      if (this.#isStopped || (needed === 1 && answered === needed)) break
    }
    return answered
  }

  /** @returns whether more than two thirds of the set know of this process now */
  async #ask(facts: ChainFacts): Promise<boolean> {
    const { self, epochs, stopping, log } = this.context
    const answerMs = Math.min(LONGEST_ANSWER_MS, epochs.epochMs * ANSWER_SHARE)
    const { directory, present } = this.modules
    const presence = this.#presence(facts)
    const others = directory.verifiers().filter(({ index }) => index !== self.index && verifierOf(facts, index))
    const answers = await Promise.all(
      others.map(async other => {
        const asking = withAnySignal([stopping, AbortSignal.timeout(answerMs)], end => present(other, presence, end))
        return asking.catch(error => {
          log.debug({ peer: other.index, error: (error as Error).message }, 'could not present this node')
          return []
        })
      }),
    )
    stopping.throwIfAborted()
    for (const other of answers.flat()) await this.#check(other, facts)
    const knowing = answers.filter(processes => processes.some(({ nonce }) => toHex(nonce) === this.#self.nonce))
    return isSupermajority(knowing.length + 1, facts.verifiers.length)
  }

  #presence({ era, epoch }: ChainFacts): Presence {
    const { self, network, bls } = this.context
    const { since, nonce } = this.#self
    const signature = bls.signer.sign(presenceDigest(network, { era, epoch }, self.index, since, nonce))
    return { epoch, verifier: self.index, since, nonce: fromHex(nonce), signature }
  }

  /** Nobody without the keys can name another process, since each presence is signed for its epoch. */
  async #check(other: Presence, facts: ChainFacts): Promise<void> {
    const { self, log } = this.context
    const named = { since: other.since, nonce: toHex(other.nonce) }
    if (this.#isStopped || named.nonce === this.#self.nonce) return
    if (!(await isSignedPresence({ ...other, verifier: self.index }, facts, this.context))) return
    this.#notAloneIn = facts.epoch
    if (isEarlier(named, this.#self)) await this.stop()
    else log.error({ since: other.since }, 'another process with the keys of this node has started; it should stop')
  }

  #tell(epoch: number, answered: number): void {
    const lack =
      this.#notAloneIn === epoch
        ? 'another process uses its keys'
        : 'too few others answered, so it does not know whether another process uses its keys'
    this.#fault = this.maySign(epoch) ? undefined : `this verifier signs nothing of epoch ${epoch}: ${lack}`
    if (this.#fault !== undefined) this.context.log.warn({ epoch, answered }, this.#fault)
  }

  #startIn(epoch: number): Promise<void> {
    const { wall, random } = this.context
    return this.#become(newProcess(epoch, wall.nowMs(), toHex(random.bytes(NONCE_BYTES))))
  }

  /** On disk before anybody hears of it, so that a restart takes no presence of its own for another's. */
  async #become(process: ProcessIdentity): Promise<void> {
    await this.context.store.process.put(process)
    this.#process = process
  }

  get #self(): ProcessIdentity {
    if (this.#process === undefined) throw new Error('The process has not begun.')
    return this.#process
  }
}
