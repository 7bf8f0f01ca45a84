/** The last event of a run: its record, as the result tells it. */
import { clientResult } from '../market/client-result.js'
import type { ResultEvent } from './events.js'
import type { TestnetOptions } from './options.js'
import { decoyTasks, providerResult, type RunRecord } from './result.js'
import { potResult } from './rewards-result.js'
import { verifierResult } from './verifier-result.js'

export function conclude(
  options: TestnetOptions,
  directory: string,
  interrupted: boolean,
  record: RunRecord,
  { failures: broken, untested, guests }: Pick<ResultEvent, 'failures' | 'untested' | 'guests'>,
): ResultEvent {
  const run = record.epochs.length
  const cutShort = interrupted && run < (options.epochs ?? 0)
  // Whoever ends a run that would go on for ever chose to see no more of it.
  const isChosen = interrupted && options.epochs === undefined
  const failures = [
    ...(cutShort ? [`Interrupted after ${run} of ${options.epochs} epochs.`] : []),
    ...broken,
    ...(isChosen ? [] : untested),
  ]
  const ok = failures.length === 0 && untested.length === 0
  // The logs of a failed run say why it failed.
  const kept = options.dataDir !== undefined || options.keep || !(ok || interrupted)
  return {
    ...{ event: 'result', ok, failures, untested, epochs: run, interrupted, keptIn: kept ? directory : null },
    posted: record.epochs.filter(({ report }) => report !== undefined).length,
    verifiers: record.verifiers.map(verifier => verifierResult(record, verifier)),
    providers: record.providers.map(provider => providerResult(record, provider)),
    guests,
    rewards: potResult(record.rewards),
    decoyTasks: decoyTasks(record),
    clients: record.clients.map(clientResult),
  }
}
