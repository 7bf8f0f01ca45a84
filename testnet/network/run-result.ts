/** The last event of a run: its record, as the result tells it. */
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
  { failures: broken, guests }: Pick<ResultEvent, 'failures' | 'guests'>,
): ResultEvent {
  const run = record.epochs.length
  const cutShort = interrupted && run < (options.epochs ?? 0)
  const failures = [...(cutShort ? [`Interrupted after ${run} of ${options.epochs} epochs.`] : []), ...broken]
  const ok = failures.length === 0
  // The logs of a failed run say why it failed.
  const kept = options.dataDir !== undefined || options.keep || !(ok || interrupted)
  return {
    ...{ event: 'result', ok, failures, epochs: run, interrupted, keptIn: kept ? directory : null },
    posted: record.epochs.filter(({ report }) => report !== undefined).length,
    verifiers: record.verifiers.map(verifier => verifierResult(record, verifier)),
    providers: record.providers.map(provider => providerResult(record, provider)),
    guests,
    rewards: potResult(record.rewards),
    decoyTasks: decoyTasks(record),
  }
}
