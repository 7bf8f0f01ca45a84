/** A process of its own, so that its memory is that of one network: assigns two epochs, and makes the report of each. */
import '../../../proto/polyfill.js'
import { hashInput } from '../../../proto/keccak.js'
import { type Assignment, assign } from '../../../verifier/core/assignment/assign.js'
import { AssignedRoots } from '../../../verifier/core/assignment/assigned.js'
import { WorkTally } from '../../../verifier/core/rewards/work.js'
import { NOTHING_CARRIED } from '../../../verifier/core/scoring/carry-over.js'
import { EpochEvaluation, type EvaluateInput } from '../../../verifier/core/scoring/evaluate.js'
import { leafTree } from '../../../verifier/core/scoring/report.js'
import { ballotSlices, factsOf, type NetworkSize, paramsOf } from './network.js'
import type { CoreRow } from './result.js'

const BARE_HASHES = 300_000
/** The first of a window, with its roots over the receivers, and one within the window. */
const EPOCHS = [1, 2]

process.once('message', (size: NetworkSize) => {
  process.send!(measure(size), () => process.disconnect())
})

function measure(size: NetworkSize): CoreRow {
  const params = paramsOf(size)
  const roots = new AssignedRoots()
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  let bareHashSeconds = Number.POSITIVE_INFINITY
  const epochs = EPOCHS.map(epoch => {
    const facts = factsOf(size, epoch)
    const timer = new Timer()
    const assignment = timer.time(() => assign(facts, params, roots))
    const assignSeconds = timer.take()
    const input = { params, facts, assignment, previous }
    const work = new WorkTally(input)
    const evaluation = timer.time(() => new EpochEvaluation(input, work.add))
    let votes = 0
    for (const ballots of ballotSlices(facts, params, assignment)) {
      votes += ballots.length * ballots[0]!.votes.length
      timer.time(() => evaluation.add(ballots))
    }
    const evaluated = timer.time(() => evaluation.finish())
    timer.time(() => leafTree(evaluated.leaves).proof(size.providers >> 1))
    const reportSeconds = timer.take()
    previous = { epoch, ...evaluated }
    bareHashSeconds = Math.min(bareHashSeconds, secondsOfHash())
    return {
      assignSeconds,
      reportSeconds,
      ballotBytes: votes,
      ...sessionsOf(assignment),
      hashes: hashesOf(size, assignment),
    }
  })
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1000)
  return { ...size, first: epochs[0]!, next: epochs[1]!, bareHashSeconds, peakMegabytes }
}

/** Adds up time. What makes the votes is left out. */
class Timer {
  #seconds = 0

  time<T>(work: () => T): T {
    const from = performance.now()
    const result = work()
    this.#seconds += (performance.now() - from) / 1000
    return result
  }

  /** Since the last call. */
  take(): number {
    const seconds = this.#seconds
    this.#seconds = 0
    return seconds
  }
}

const sessionsOf = ({ sessions, unplaced }: Assignment) => ({ sessions: sessions.length, unplaced: unplaced.length })

/** Of an assignment: for each provider the seed and the words of its receivers, and for each session and its repeat of its senders. */
function hashesOf({ verifiers, providers }: NetworkSize, { sessions, repeats, unplaced }: Assignment): number {
  const perProvider = 1 + Math.ceil((verifiers - 1) / 8)
  return providers * perProvider + 2 * (sessions.length + repeats.length + unplaced.length)
}

function secondsOfHash(): number {
  const from = performance.now()
  for (let i = 0; i < BARE_HASHES; i++) hashInput(64)
  return (performance.now() - from) / 1000 / BARE_HASHES
}
