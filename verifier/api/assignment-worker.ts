/** The thread that computes the plan of an epoch, which holds a thread for seconds if the network is large. */
import '../../proto/polyfill.js'
import { setPriority } from 'node:os'
import type { Hex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { answering } from '../../proto/thread.js'
import { type Assignment, assign } from '../core/assignment/assign.js'
import type { ChainFacts } from '../core/facts.js'

export interface BesideTask {
  readonly facts: ChainFacts
  readonly params: NetworkParams
  readonly provider: Hex
}

/** Linux schedules threads, and changes the priority of this one alone: measuring and signing go first. */
const NICER_BY = 10
if (process.platform === 'linux') setPriority(NICER_BY)

/** the last that was computed: people look at several providers of one epoch */
let held: { readonly blockHash: Hex; readonly epoch: number; readonly assignment: Assignment } | undefined

/** See `Assignment.besideOf`. */
answering(({ facts, params, provider }: BesideTask) => {
  const { blockHash, epoch } = facts
  if (held?.blockHash !== blockHash || held.epoch !== epoch)
    held = { blockHash, epoch, assignment: assign(facts, params) }
  return { answer: held.assignment.besideOf(provider) }
})
