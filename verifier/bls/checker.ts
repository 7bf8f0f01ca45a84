/**
 * Checks signatures in a thread of its own, so that the main thread stays free for gossip and sessions. One thread: the other
 * core of a small machine measures. What is asked while a batch is at the worker forms the next batch, so batches grow with
 * the load, and an idle node waits for nothing. If that already fills a batch, it is sent ahead, and the worker goes on without a
 * pause. The worker starts with the first check. A worker that dies is started again, and its batches are repeated.
 */
import { Worker } from 'node:worker_threads'
import { workerFile } from '../../proto/worker-file.js'
import { packed, type Verdicted } from './batch.js'
import type { Check } from './check.js'
import { Turns } from './turns.js'

/** Twice as many would be 1 % faster, and each batch would hold up the next one twice as long. */
export const MAX_BATCH = 64
/** Batches at the worker: the one that it checks, and a full one. */
const MAX_SENT = 2
/** Workers that a batch may cost. A batch that costs more is at fault itself, or no worker starts on this machine. */
const MAX_DEATHS = 3

/** What batches the worker had, and what became of it. */
export interface BatchCounts {
  verified: number
  refused: number
  /** by the number of checks in a batch */
  readonly batches: Record<'1' | '2-7' | '8-63' | '64', number>
  /** time that the batches took, ms */
  ms: number
  /** workers that died before their time */
  deaths: number
}

/** Named as an abort, since it ends what waits as the node's own signal does. */
export class CheckerEnded extends Error {
  override readonly name = 'AbortError'

  constructor() {
    super('The checker of BLS signatures has ended; it checks nothing more.')
  }
}

interface Waiting {
  readonly id: string
  readonly check: Check
  /** of all who asked */
  readonly settled: PromiseWithResolvers<boolean>
  /** it stands in the lines of several peers if they asked for the same */
  taken: boolean
}

const startWorker = (): Worker => {
  const { url, ...options } = workerFile(import.meta.url, 'worker')
  return new Worker(url, options)
}

export class Checker {
  readonly counts: BatchCounts = {
    ...{ verified: 0, refused: 0, ms: 0, deaths: 0 },
    batches: { '1': 0, '2-7': 0, '8-63': 0, '64': 0 },
  }
  readonly #turns = new Turns<Waiting>()
  /** what nobody has an answer of yet, by id */
  readonly #open = new Map<string, Waiting>()
  #worker: Worker | undefined
  /** batches at the worker, which answers in their order */
  readonly #sent: (readonly Waiting[])[] = []
  #isGathering = false
  /** workers that the first of them has cost */
  #deathsOfBatch = 0
  #cause: unknown
  #hasEnded = false

  constructor(private readonly start: () => Worker = startWorker) {}

  /** Checks that have no answer yet. */
  get waiting(): number {
    return this.#open.size
  }

  /**
   * Answers to one peer come in the order of its checks.
   * @param id the same for equal checks only. @param check with a signature of 96 bytes. @param peer for whom it is checked
   * @throws CheckerEnded; Error if the worker dies of it
   */
  check(id: string, check: Check, peer: string): Promise<boolean> {
    if (this.#hasEnded) return Promise.reject(new CheckerEnded())
    let waiting = this.#open.get(id)
    if (waiting === undefined) {
      waiting = { id, check, settled: Promise.withResolvers(), taken: false }
      this.#open.set(id, waiting)
    }
    // Also if another peer has asked: whoever has much that waits must not delay what others say, too.
    if (!waiting.taken) this.#turns.add(peer, waiting)
    this.#gather()
    return waiting.settled.promise
  }

  /** Refuses what waits. */
  async end(): Promise<void> {
    this.#hasEnded = true
    for (const { settled } of this.#open.values()) settled.reject(new CheckerEnded())
    this.#open.clear()
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  /** All that arrives in one turn of the event loop goes together. */
  #gather(): void {
    if (this.#isGathering || this.#sent.length === MAX_SENT) return
    this.#isGathering = true
    setImmediate(() => {
      this.#isGathering = false
      this.#next()
    })
  }

  #next(): void {
    while (!this.#hasEnded && (this.#sent.length === 0 || this.#isFullAhead())) {
      const batch = this.#take()
      if (batch.length === 0) break
      this.#sent.push(batch)
      this.#send(batch)
    }
    if (this.#sent.length === 0) this.#worker?.unref()
  }

  #isFullAhead(): boolean {
    return this.#sent.length < MAX_SENT && this.#turns.size >= MAX_BATCH
  }

  #take(): Waiting[] {
    const batch: Waiting[] = []
    while (batch.length < MAX_BATCH) {
      const waiting = this.#turns.take()
      if (waiting === undefined) break
      if (waiting.taken) continue
      waiting.taken = true
      batch.push(waiting)
    }
    return batch
  }

  #send(checks: readonly Waiting[]): void {
    this.#worker ??= this.#started()
    this.#worker.ref()
    const batch = packed(checks.map(({ check }) => check))
    this.#worker.postMessage(batch, [batch.signatures.buffer])
  }

  #started(): Worker {
    const worker = this.start()
    worker.on('message', (answer: Verdicted) => this.#answer(answer))
    worker.on('error', error => {
      this.#cause = error // the worker ends
    })
    worker.once('exit', () => this.#died(worker))
    return worker
  }

  #answer({ verdicts, ms }: Verdicted): void {
    const batch = this.#sent.shift()!
    this.#deathsOfBatch = 0
    this.#next()
    this.counts.batches[sizeOf(batch.length)]++
    this.counts.ms += ms
    for (const [i, { id, settled }] of batch.entries()) {
      this.#open.delete(id)
      this.counts[verdicts[i] ? 'verified' : 'refused']++
      settled.resolve(verdicts[i]!)
    }
  }

  #died(worker: Worker): void {
    if (this.#hasEnded || worker !== this.#worker) return
    this.#worker = undefined
    this.counts.deaths++
    if (this.#sent.length > 0 && ++this.#deathsOfBatch === MAX_DEATHS) this.#giveUp(this.#sent.shift()!)
    for (const batch of this.#sent) this.#send(batch)
    this.#next()
  }

  #giveUp(batch: readonly Waiting[]): void {
    this.#deathsOfBatch = 0
    const error = new Error(`The worker that checks BLS signatures died ${MAX_DEATHS} times of the same checks.`, {
      cause: this.#cause,
    })
    for (const { id, settled } of batch) {
      this.#open.delete(id)
      settled.reject(error)
    }
  }
}

function sizeOf(checks: number): keyof BatchCounts['batches'] {
  if (checks === MAX_BATCH) return '64'
  if (checks >= 8) return '8-63'
  return checks > 1 ? '2-7' : '1'
}
