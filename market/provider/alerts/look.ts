/**
 * One look: reads the reports since the last look, tells what is new, and remembers what it told. What is not delivered is
 * not remembered, so the next look tells it again. A crash between the two tells it twice, under one id.
 */
import type { Hex } from '../../../proto/hex.js'
import { UserError } from '../../../verifier/config/errors.js'
import type { AlertJson } from '../../../verifier/evidence/schema/alerts.js'
import {
  type Condition,
  conditionsOf,
  forgetGrown,
  type News,
  newsOf,
  rememberTold,
  type Thresholds,
  type Told,
} from './conditions.js'
import { type Memory, readMemory, writeMemory } from './memory-file.js'
import type { ReportSource } from './report-source.js'
import type { Shown } from './shown.js'
import { nextStanding, type Standing, settled } from './standing.js'

/** Reports that are read at most before the newest one. Older ones change nothing that still holds, but for old penalties. */
const MOST_REPORTS = 64

export interface LookOptions {
  readonly provider: Hex
  readonly thresholds: Thresholds
  /** path of the file that remembers */
  readonly memoryPath: string
}

export interface LookModules {
  readonly source: ReportSource
  /** gets what is new, whether it can be told or not */
  readonly shown?: Shown
  /** @throws if it is not delivered */
  readonly tell: (alert: AlertJson) => Promise<void>
}

export interface Look {
  readonly epoch: number
  readonly active: readonly Condition[]
  readonly told: readonly AlertJson[]
  /** what `tell` threw for the first alert that is not among them */
  readonly fault?: unknown
}

/** @returns undefined as long as there is no report. @throws UserError */
export async function look(options: LookOptions, { source, shown, tell }: LookModules): Promise<Look | undefined> {
  const { provider, thresholds, memoryPath } = options
  const { name, contracts, params } = await source.network()
  let memory = await readMemory(memoryPath, provider, contracts.epochReports)
  const read = await standingSince(memory.standing ?? undefined, source, provider)
  if (read === undefined) return undefined
  const evidenceEpochs = Math.ceil(params.evidenceSeconds / params.epochSeconds)
  const standing = read.penalties.length === 0 ? read : settled(read, await source.settledEpochs(), evidenceEpochs)
  const active = conditionsOf(standing, thresholds, memory.told)
  const alertsSince = (told: Told) =>
    newsOf(active, told, standing).map(news => ({ news, alert: alertOf(news, provider, name, standing) }))
  shown?.show(memory.told, active, alertsSince)
  const keep = async (change: Partial<Memory>) => {
    memory = { ...memory, ...change }
    await writeMemory(memoryPath, memory)
  }
  await keep({ standing: { ...standing, penalties: [...standing.penalties] }, told: forgetGrown(memory.told, active) })
  const told: AlertJson[] = []
  for (const { news, alert } of alertsSince(memory.told)) {
    try {
      await tell(alert)
    } catch (fault) {
      return { epoch: standing.epoch, active, told, fault }
    }
    told.push(alert)
    await keep({ told: rememberTold(memory.told, news) })
  }
  return { epoch: standing.epoch, active, told }
}

/** A verifier that is behind, or whose report lacks the provider, changes nothing. */
async function standingSince(
  before: Standing | undefined,
  source: ReportSource,
  provider: Hex,
): Promise<Standing | undefined> {
  const latest = await source.report('latest')
  if (latest === undefined || (before !== undefined && latest.epoch <= before.epoch)) return before
  const first = Math.max(1, latest.epoch - MOST_REPORTS, (before?.epoch ?? 0) + 1)
  let standing = before
  for (let epoch = first; epoch <= latest.epoch; epoch++) {
    const report = epoch === latest.epoch ? latest : await source.report(epoch)
    if (report?.leaf !== undefined) standing = nextStanding(standing, report.leaf)
  }
  if (standing === undefined)
    throw new UserError(
      'usage',
      `${provider} is in none of the reports up to epoch ${latest.epoch}. \`bandwitness reputation\` lists the active providers.`,
    )
  return standing
}

const alertOf = (
  { event, key, kind, level, text }: News,
  provider: Hex,
  network: string,
  { epoch }: Standing,
): AlertJson => ({
  ...{ event, id: `${provider}/${key}/${level}/${epoch}`, kind, provider, network, epoch, text },
})
