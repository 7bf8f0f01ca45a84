/**
 * Computes in a thread of its own (`desk.ts`), so that the main thread stays free for gossip and sessions: a large network's
 * report takes many seconds. Votes are read from the store a few parts at a time, while the thread counts those before.
 */
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { SeenEntry } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import { Thread, ThreadDied } from '../../../proto/thread.js'
import type { OpenWindow } from '../../../proto/window-votes.js'
import { workerFile } from '../../../proto/worker-file.js'
import { type Plan, unpackPlan } from '../../core/assignment/plan.js'
import type { ChainFacts } from '../../core/facts.js'
import type { CarryOver } from '../../core/scoring/carry-over.js'
import type { Before, ComputedReport, DeskSettings, Tasks } from './desk.js'
import type { BallotParts } from './vote-merge.js'
import type { AnyAnswer, Question } from './worker.js'

/** Of a thread whose objects live for one provider each: with more, it collects garbage less often. */
const YOUNG_MEGABYTES = 96

/** A ballot that the store holds. */
export interface HeldBallot extends SeenEntry, BallotParts {}

/** Reads a part of a ballot; undefined once it was pruned. */
export type ReadPart = (root: Hex, part: number) => Promise<Uint8Array | undefined>

/** What is counted, and what it follows upon. */
export interface Voted {
  readonly facts: ChainFacts
  readonly before: Before
  /** all of the ballot set */
  readonly ballots: readonly HeldBallot[]
}

type Ask = <K extends keyof Tasks>(kind: K, asked: Tasks[K]['asked']) => Promise<Tasks[K]['answer']>

export const startDesk = (settings: DeskSettings): Worker => {
  const { url, ...options } = workerFile(import.meta.url, 'worker')
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
  return new Worker(url, { ...options, workerData: settings, resourceLimits })
}

export class Computation {
  readonly #thread: Thread<Question, AnyAnswer>
  /** The votes of one epoch are counted at a time: two would need the memory of both. */
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Starts the thread, so that the first epoch does not wait for it.
   * @param stopping ends the thread, too: whatever waits for it ends with the node
   */
  constructor(
    settings: DeskSettings,
    private readonly readPart: ReadPart,
    private readonly log: Pick<Logger, 'warn' | 'error'>,
    stopping: AbortSignal,
    start: (settings: DeskSettings) => Worker = startDesk,
  ) {
    this.#thread = new Thread(() => start(settings))
    this.#thread.begin()
    stopping.addEventListener('abort', () => void this.end(), { once: true })
  }

  /** @throws ThreadDied if the thread dies of it twice; ThreadEnded */
  assign(facts: ChainFacts): Promise<Plan> {
    return this.twice(async () => unpackPlan(await this.#ask('assign', facts), facts.providers))
  }

  /** Those of the reports, named by the hashes of their headers, whose work is not known. @throws ThreadDied; ThreadEnded */
  lacksWork(works: readonly Hex[]): Promise<readonly Hex[]> {
    return this.#ask('lacksWork', works)
  }

  /**
   * The report that follows from votes. Undefined if a ballot was pruned meanwhile, or work is not known any more.
   * @param works whose work is paid: see `nextRewards`
   * @throws ThreadDied; ThreadEnded
   */
  report(voted: Voted, works: readonly Hex[]): Promise<ComputedReport | undefined> {
    return this.#inTurn(async ask => {
      if (!(await this.#count(ask, voted)) || (await ask('lacksWork', works)).length > 0) return undefined
      const { headerHash, ...report } = await ask('report', { ballotSet: ballotSetOf(voted), works })
      return { ...report, ...(await carryOverOf(ask, headerHash, report.header.providerCount)) }
    })
  }

  /**
   * Whether the leaves of an accepted report follow from votes; then its work is known. False if a ballot was pruned
   * meanwhile. @throws ThreadDied; ThreadEnded
   */
  work(voted: Voted, report: { readonly headerHash: Hex; readonly scoreRoot: Hex }): Promise<boolean> {
    return this.#inTurn(
      async ask => (await this.#count(ask, voted)) && ask('work', { ballotSet: ballotSetOf(voted), ...report }),
    )
  }

  /** Does again, once, what a thread that died has left undone: the next one starts with nothing. @throws ThreadDied */
  async twice<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (first) {
      if (!(first instanceof ThreadDied)) throw first
      this.log.warn({ error: first.message }, 'the thread that computes reports has died; its work is done again')
    }
    try {
      return await work()
    } catch (second) {
      if (second instanceof ThreadDied)
        this.log.error({ error: second.message }, 'the thread that computes reports has died twice of the same work')
      throw second
    }
  }

  /** Refuses what waits. */
  end(): Promise<void> {
    return this.#thread.end()
  }

  #ask: Ask = (kind, asked) => this.#thread.ask({ kind, asked } as Question) as never

  /** @returns false if a ballot was pruned meanwhile */
  async #count(ask: Ask, voted: Voted): Promise<boolean> {
    const { ballots } = voted
    const next = ballots.map(() => 0)
    let needed = await begun(ask, voted)
    while (needed.length > 0) {
      const parts = await Promise.all(
        needed.map(async ballot => ({ ballot, votes: await this.readPart(ballots[ballot]!.root, next[ballot]!++) })),
      )
      if (!parts.every(isHere)) return false
      needed = await ask('votes', parts)
    }
    return true
  }

  /** Questions that rest on the answers before: no other thread may answer some of them. */
  #inTurn<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      const { deaths } = this.#thread
      const ask: Ask = async (kind, asked) => {
        if (this.#thread.deaths > deaths) throw new ThreadDied('another one has started')
        return this.#ask(kind, asked)
      }
      return work(ask)
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

/** Has the votes be counted upon what they follow upon. An assignment that was asked for meanwhile may replace that again. */
async function begun(ask: Ask, { facts, before, ballots }: Voted): Promise<readonly number[]> {
  const { epoch, blockHash } = facts
  for (;;) {
    const asked = { facts: { epoch, blockHash }, before: before.headerHash, ballots: ballots.map(partsOf) }
    const answer = await ask('count', asked)
    if (!('before' in answer)) return answer
    if (answer.facts) await ask('assign', facts)
    if (answer.before) await ask('take', before)
  }
}

async function carryOverOf(ask: Ask, headerHash: Hex, count: number): Promise<CarryOver> {
  const leaves: Leaf[] = []
  const [soakVotes, windows] = [new Map<Hex, readonly SoakVote[]>(), new Map<Hex, OpenWindow>()]
  while (leaves.length < count) {
    const some = await ask('leaves', { headerHash, from: leaves.length })
    leaves.push(...some.leaves)
    for (const [provider, votes] of some.soakVotes) soakVotes.set(provider, votes)
    for (const [provider, window] of some.windows) windows.set(provider, window)
  }
  return { leaves, soakVotes, windows }
}

const partsOf = ({ verifier, parts }: HeldBallot): BallotParts => ({ verifier, parts })

const ballotSetOf = ({ ballots }: Voted): SeenEntry[] => ballots.map(({ verifier, root }) => ({ verifier, root }))

type Part = { readonly ballot: number; readonly votes: Uint8Array | undefined }
const isHere = (part: Part): part is Part & { readonly votes: Uint8Array } => part.votes !== undefined
