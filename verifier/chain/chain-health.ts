/** Whether the chain answers this process: one sentence with the cause if not, for the status and the log. */
import type { Logger } from 'pino'

/** A chain node that fails now and then is logged this often at most. */
const LOG_GAP_MS = 10_000

interface Fault {
  readonly sentence: string
  readonly sinceMs: number
}

export class ChainHealth {
  /** by what was asked, the oldest first */
  readonly #faults = new Map<string, Fault>()
  #lag: string | undefined
  #loggedMs = Number.NEGATIVE_INFINITY
  #toldOf = false

  /** @param nowMs of a clock that only goes forward */
  constructor(
    private readonly log?: Pick<Logger, 'warn' | 'info'>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @param sentence what is wrong with whom */
  failed(asked: string, sentence: string): void {
    const sinceMs = this.#faults.get(asked)?.sinceMs ?? this.nowMs()
    this.#faults.set(asked, { sentence, sinceMs })
    if (this.nowMs() - this.#loggedMs < LOG_GAP_MS) return
    this.#loggedMs = this.nowMs()
    this.#toldOf = true
    this.log?.warn({ cause: sentence }, 'the chain does not answer as it should, will ask again')
  }

  answered(asked: string): void {
    if (!this.#faults.delete(asked) || this.#faults.size > 0 || !this.#toldOf) return
    this.#toldOf = false
    this.log?.info('the chain answers again')
  }

  /** This process waits for the answer no more. */
  gaveUp(asked: string): void {
    this.#faults.delete(asked)
  }

  /** @param sentence who answers with blocks that are too old; undefined if nobody does */
  lags(sentence: string | undefined): void {
    this.#lag = sentence
  }

  /** What is wrong with the chain; undefined while all is well. */
  get sentence(): string | undefined {
    return this.silence ?? this.#lag
  }

  /** What this process waits for; undefined while it waits for nothing. */
  get silence(): string | undefined {
    const [oldest] = this.#faults.values()
    if (oldest === undefined) return undefined
    const seconds = Math.round((this.nowMs() - oldest.sinceMs) / 1000)
    return `for ${seconds} s the chain has not answered as it should, and this node asks again: ${oldest.sentence}`
  }
}
