/**
 * Lets this process sign only if no other process uses its keys. In every epoch the process presents itself to the other
 * verifiers of the set, and they answer with every process that presented itself with the same keys. Of two processes
 * the later one stops.
 *
 * A process whose signing record is current signs at once. Any other one may lack what an earlier process signed. It signs
 * nothing of the epoch in which it starts, nor of earlier ones, and nothing before it has presented itself through one
 * epoch to more than two thirds of the set. Two processes have then asked an honest verifier in common.
 */
import { presenceDigest } from '../../proto/digests.js'
import { epochAt, epochStartMs } from '../../proto/epoch.js'
import { toHex } from '../../proto/hex.js'
import type { Presence } from '../../proto/messages.js'
import { isSupermajority } from '../../proto/quorum.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'
import type { Announcement } from '../core/ports.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { keysInUse } from './own-key.js'
import { isSignedPresence } from './presence-proof.js'
import { isRecordCurrent } from './signing.js'
import { until } from './waiting.js'

/** When a process asks, as shares of the epoch: three times before it signs at all, so that two clocks may differ. */
const FIRST_ASKS = [0.25, 0.5, 0.75]
const LATER_ASKS = [0.5]
const NEEDED_ASKS = 2
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
  readonly #startedIn: number
  readonly #since: number
  readonly #nonce: Uint8Array
  /** the first epoch whose statements this process may sign; undefined while nothing shows that it is alone */
  #signsFrom: number | undefined
  #isLater = false

  constructor(
    private readonly context: SoleProcessContext,
    private readonly modules: SoleProcessModules,
  ) {
    const { epochs, wall, random, store } = context
    this.#startedIn = epochAt(epochs, wall.nowMs())
    this.#since = Math.floor(wall.nowMs() / 1000)
    this.#nonce = random.bytes(NONCE_BYTES)
    if (isRecordCurrent(store, this.#startedIn)) this.#signsFrom = 0
  }

  maySign(epoch: number): boolean {
    return !this.#isLater && this.#signsFrom !== undefined && epoch >= this.#signsFrom
  }

  /** Presents this process during an epoch. @param facts of the epoch, whose set holds this verifier */
  async listen(facts: ChainFacts): Promise<void> {
    const { epoch } = facts
    if (epoch <= this.#startedIn) return
    const { epochs, wall, stopping, log } = this.context
    let answered = 0
    for (const share of this.maySign(epoch) ? LATER_ASKS : FIRST_ASKS) {
      await until(epochStartMs(epochs, epoch) + share * epochs.epochMs, wall, stopping)
      if (await this.#ask(facts)) answered++
    }
    if (this.#signsFrom !== undefined) return
    if (answered >= NEEDED_ASKS) this.#signsFrom = epoch
    else log.warn({ epoch, answered }, 'too few verifiers answered, so this node does not know whether it is alone')
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
        const signal = AbortSignal.any([stopping, AbortSignal.timeout(answerMs)])
        return present(other, presence, signal).catch(error => {
          log.debug({ peer: other.index, error: (error as Error).message }, 'could not present this node')
          return []
        })
      }),
    )
    stopping.throwIfAborted()
    for (const other of answers.flat()) await this.#check(other, facts)
    const knowing = answers.filter(known => known.some(({ nonce }) => this.#isOwn(nonce)))
    return isSupermajority(knowing.length + 1, facts.verifiers.length)
  }

  #presence({ era, epoch }: ChainFacts): Presence {
    const { self, network, bls } = this.context
    const digest = presenceDigest(network, { era, epoch }, self.index, this.#since, toHex(this.#nonce))
    const signature = bls.signer.sign(digest)
    return { epoch, verifier: self.index, since: this.#since, nonce: this.#nonce, signature }
  }

  /** A process that presented itself in the epoch in which this one started may be the one that ran before. */
  async #check(other: Presence, facts: ChainFacts): Promise<void> {
    const { self, log, fail } = this.context
    if (this.#isOwn(other.nonce) || other.epoch <= this.#startedIn) return
    if (!(await isSignedPresence({ ...other, verifier: self.index }, facts, this.context))) return
    if (isEarlier(other, { since: this.#since, nonce: this.#nonce })) {
      this.#isLater = true
      fail(keysInUse(self.index))
    } else log.error({ since: other.since }, 'another process with the keys of this node has started; it should stop')
  }

  #isOwn(nonce: Uint8Array): boolean {
    return Buffer.compare(nonce, this.#nonce) === 0
  }
}

const isEarlier = (a: Pick<Presence, 'since' | 'nonce'>, b: Pick<Presence, 'since' | 'nonce'>): boolean =>
  a.since === b.since ? Buffer.compare(a.nonce, b.nonce) < 0 : a.since < b.since
