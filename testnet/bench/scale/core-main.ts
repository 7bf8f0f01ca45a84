/** A process of its own, so that its memory is that of one network: assigns some epochs of a window, and makes the report of each. */
import '../../../proto/polyfill.js'
import { readFileSync } from 'node:fs'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { assign } from '../../../verifier/core/assignment/assign.js'
import { AssignedRoots } from '../../../verifier/core/assignment/assigned.js'
import { WorkTally } from '../../../verifier/core/rewards/work.js'
import { NOTHING_CARRIED } from '../../../verifier/core/scoring/carry-over.js'
import { EpochEvaluation, type EvaluateInput } from '../../../verifier/core/scoring/evaluate.js'
import { leafTree } from '../../../verifier/core/scoring/report.js'
import { secondsOfHash } from './bare-hash.js'
import type { CoreRow, EpochFigures } from './core-row.js'
import { ballotSlices, factsOf, grown, paramsOf, receiversOf } from './network.js'
import { type CoreSize, sampleOf } from './sizes.js'

/** A draw takes a word for each item. */
const WORDS_PER_HASH = 8
/** All code has run before anything is timed. */
const WARM_UP = { verifiers: 5, providers: 500 }

process.once('message', (size: CoreSize) => {
  windowOf({ ...WARM_UP, windowEpochs: size.windowEpochs }, new Timer(), 1)
  const baseMegabytes = peakMegabytes()
  const sample = sampleOf(size, receiversOf(size))
  const timer = new Timer()
  const epochs = windowOf({ ...size, providers: sample }, timer, sample / size.providers)
  const row: CoreRow = {
    ...{ ...size, sample, ...epochs, processorShare: timer.processorShare },
    ...{ bareHashSeconds: secondsOfHash(), baseMegabytes, peakMegabytes: peakMegabytes() },
  }
  process.send!(row, () => process.disconnect())
})

const peakMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1000)

/**
 * The first epoch of a window, one within it, and its last. The epochs between are not computed: what they leave is made up.
 * @param share of their capacity that verifiers have for these providers
 */
function windowOf(size: CoreSize, timer: Timer, share: number): Pick<CoreRow, 'first' | 'next' | 'last'> {
  const params = paramsOf(size.windowEpochs)
  const roots = new AssignedRoots()
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  const figuresOf = (epoch: number): EpochFigures => {
    const facts = factsOf(size, epoch, share)
    const assignment = timer.time(() => assign(facts, params, roots))
    const assignSeconds = timer.take()
    const from = previous.epoch + 1
    if (from < epoch) {
      const windows = grown(previous.windows, assignment, { from, before: epoch })
      previous = { ...previous, epoch: epoch - 1, windows }
    }
    const input = { params, facts, assignment, previous }
    const work = new WorkTally(input)
    const evaluation = timer.time(() => new EpochEvaluation(input, work.add))
    let votes = 0
    for (const ballots of ballotSlices(facts, params, assignment)) {
      votes += ballots.reduce((sum, one) => sum + one.votes.length / VOTE_BYTES, 0)
      timer.time(() => evaluation.add(ballots))
    }
    const evaluated = timer.time(() => evaluation.finish())
    timer.time(() => leafTree(evaluated.leaves).proof(size.providers >> 1))
    previous = { epoch, ...evaluated }
    const sessions = assignment.sessions.length
    const due = facts.providers.reduce((sum, { account }) => sum + assignment.dueOf(account).length, 0)
    return {
      ...{ assignSeconds, reportSeconds: timer.take(), votes, sessions, unplaced: due - sessions },
      assignHashes: assignHashesOf(size, due + assignment.repeats.length),
    }
  }
  const [first, next] = [figuresOf(1), figuresOf(2)]
  return { first, next, ...(size.windowEpochs > 1 && { last: figuresOf(size.windowEpochs) }) }
}

/** Adds up time. What makes the votes is left out. */
class Timer {
  #seconds = 0
  #allSeconds = 0
  #ranSeconds = 0

  time<T>(work: () => T): T {
    const [from, ran] = [performance.now(), ranSeconds()]
    const result = work()
    const seconds = (performance.now() - from) / 1000
    this.#seconds += seconds
    this.#allSeconds += seconds
    this.#ranSeconds += ranSeconds() - ran
    return result
  }

  /** Seconds since the last call. */
  take(): number {
    const seconds = this.#seconds
    this.#seconds = 0
    return seconds
  }

  get processorShare(): number {
    return this.#ranSeconds / this.#allSeconds
  }
}

/** How long this thread has run: the first figure of its `schedstat`, in nanoseconds. */
function ranSeconds(): number {
  const [ranNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return Number(ranNs) / 1e9
}

/** For each provider the seed and the words of its receivers, and for each session and its repeat of its senders. */
function assignHashesOf(size: CoreSize, sessions: number): number {
  const perProvider = 1 + Math.ceil(receiversOf(size) / WORDS_PER_HASH)
  return size.providers * perProvider + 2 * sessions
}
