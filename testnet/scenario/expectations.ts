/**
 * What must come of a scenario. Pure: every sentence follows from the record of the run. Some things hold whatever the file
 * says: no honest provider is certified wrongly, only those named lose stake or bond, nobody signs two values of one
 * statement, no process ends for good, and an honest verifier that had trouble signs again.
 */
import type { ProviderRecord, RunRecord } from '../network/result.js'
import { TWIN, type VerifierRecord } from '../network/verifier-result.js'
import { describeEnd, isCrash } from '../process/child-end.js'
import type { NodeExit } from '../process/spawn.js'
import { keptClaim, measuredAtMostAsDelivered, noBreach } from '../profiles/checks.js'
import { PROVIDER_PROFILES } from '../profiles/profiles.js'
import type { Expectation } from './scenario.js'
import { BACK_WITHIN_EPOCHS, type Trouble } from './troubles.js'

export interface ScenarioRecord
  extends Pick<RunRecord, 'verifiers' | 'providers' | 'epochs' | 'settlements' | 'exits' | 'faults'> {
  /** nodes that no process runs at the end, although the testnet ended none */
  readonly down: readonly NodeExit[]
  readonly troubles: readonly Trouble[]
  /** what `/v1/status` of a node showed, each text once, by name */
  readonly statuses: ReadonlyMap<string, ReadonlySet<string>>
  /** megabytes by name: the most at any time, less what it was when the fault before it began */
  readonly memoryGrowth: ReadonlyMap<string, number>
  /** what was lost or signed twice, a sentence each */
  readonly aftermath: readonly string[]
  /** epochs about which others heard a statement of a verifier, by registry index */
  readonly signed: ReadonlyMap<number, ReadonlySet<number>>
}

/** @returns one sentence for each thing that is not as it must be */
export function scenarioFailures(record: ScenarioRecord, expected: Expectation): string[] {
  return [
    ...record.faults,
    ...reportFailures(record, expected),
    ...record.providers.flatMap(provider => wrongScores(record, provider)),
    ...losses(record, expected),
    ...record.aftermath,
    ...endFailures(record, expected),
    ...record.troubles.flatMap(trouble => notBack(record, trouble)),
    ...statusFailures(record, expected),
    ...memoryFailures(record, expected),
  ]
}

function reportFailures({ epochs }: ScenarioRecord, { reports, rounds }: Expectation): string[] {
  const isWanted = (epoch: number) => reports === 'all' || (reports !== 'none' && !reports.but.includes(epoch))
  return epochs.flatMap(({ epoch, report }) => {
    if (report === undefined) return isWanted(epoch) ? [`Epoch ${epoch} has no report.`] : []
    if (reports === 'none') return [`Epoch ${epoch} has a report, although nobody may certify one.`]
    return isWanted(epoch) && report.round > rounds
      ? [`The report of epoch ${epoch} came in round ${report.round}, after ${rounds}.`]
      : []
  })
}

/** Of providers with a rate of their own: an honest one keeps its claim, a slow one never seems faster. */
function wrongScores({ epochs }: ScenarioRecord, { planned, address }: ProviderRecord): string[] {
  const leaves = epochs.flatMap(epoch => epoch.leaves.filter(({ provider }) => provider === address))
  const { name, profile, claimKbps, deliversKbps } = planned
  const wrong =
    profile === PROVIDER_PROFILES.honest
      ? [...keptClaim({ leaves, claimKbps }), ...noBreach({ leaves })]
      : profile === PROVIDER_PROFILES.throttled || profile === PROVIDER_PROFILES.slow
        ? measuredAtMostAsDelivered({ leaves, deliversKbps })
        : []
  return wrong.map(sentence => `${name} ${sentence}.`)
}

function losses({ providers, verifiers }: ScenarioRecord, { slashed, mayBeSlashed, convicted }: Expectation): string[] {
  const judged = [
    ...providers
      .filter(({ planned }) => !mayBeSlashed.includes(planned.name))
      .map(({ planned, stakeBefore, stakeAfter }) => ({
        ...{ name: planned.name, lost: stakeBefore - stakeAfter, must: slashed, what: 'stake' },
      })),
    ...verifiers.map(({ planned, bondBefore, bondAfter }) => ({
      ...{ name: planned.name, lost: bondBefore - bondAfter, must: convicted, what: 'bond' },
    })),
  ]
  return judged.flatMap(({ name, lost, must, what }) => {
    if (must.includes(name)) return lost > 0n ? [] : [`${name} lost no ${what}.`]
    return lost === 0n ? [] : [`${name} lost ${lost} wei of its ${what}.`]
  })
}

/** A process may end by itself for a reason that an operator can mend, if its node comes back. */
function endFailures({ exits, down }: ScenarioRecord, { ends }: Expectation): string[] {
  return [
    ...exits.filter(isCrash).map(exit => `${exit.name} ${describeEnd(exit)}: ${exit.lastLog.join(' | ')}.`),
    ...down
      .filter(({ name, code }) => ends[ownerOf(name)] !== code)
      .map(exit => `${exit.name} ${describeEnd(exit)} and did not come back: ${exit.lastLog.join(' | ')}.`),
    ...Object.entries(ends)
      .filter(([name, code]) => !down.some(exit => ownerOf(exit.name) === name && exit.code === code))
      .map(([name, code]) => `No process of ${name} ended with exit code ${code}.`),
  ]
}

/** Of two processes with one set of keys, either may be the one that ends. */
const ownerOf = (process: string): string => (process.endsWith(TWIN) ? process.slice(0, -TWIN.length) : process)

/**
 * A verifier that is in trouble again before the two epochs are over is judged by the later one. A certificate shows the first
 * signatures that suffice: the statements that others heard show who came later.
 */
function notBack(record: ScenarioRecord, { name, toEpoch }: Trouble): string[] {
  const again = record.troubles.some(
    other => other.name === name && other.toEpoch > toEpoch && other.fromEpoch <= toEpoch + BACK_WITHIN_EPOCHS,
  )
  if (again) return []
  const verifier = record.verifiers.find(({ planned }) => planned.name === name && planned.profile === 'honest')
  if (verifier === undefined) return []
  const later = record.epochs.filter(({ epoch, report }) => epoch > toEpoch && report !== undefined)
  const isDue = later.some(({ epoch }) => epoch >= toEpoch + BACK_WITHIN_EPOCHS)
  const heard = [...(record.signed.get(verifier.index!) ?? [])]
  const isBack =
    heard.some(epoch => epoch > toEpoch && epoch <= toEpoch + BACK_WITHIN_EPOCHS) ||
    later.some(({ epoch, ...outcome }) => epoch <= toEpoch + BACK_WITHIN_EPOCHS && hasSigned(verifier, outcome))
  return isDue && !isBack
    ? [`${name} signed nothing within ${BACK_WITHIN_EPOCHS} epochs of its trouble, which ended in epoch ${toEpoch}.`]
    : []
}

function hasSigned(
  { index }: VerifierRecord,
  { report, frozen }: Pick<ScenarioRecord['epochs'][number], 'report' | 'frozen'>,
): boolean {
  const position = frozen.indexOf(index ?? -1)
  return position >= 0 && !report!.nonSigners.includes(position)
}

const statusFailures = ({ statuses }: ScenarioRecord, { status }: Expectation): string[] =>
  Object.entries(status)
    .flatMap(([name, texts]) => texts.map(text => ({ name, text })))
    .filter(({ name, text }) => ![...(statuses.get(name) ?? [])].some(shown => shown.includes(text)))
    .map(({ name, text }) => `The status of ${name} never said "${text}".`)

/** Of honest verifiers: one that floods may fill its own memory. */
const memoryFailures = (
  { memoryGrowth, verifiers }: ScenarioRecord,
  { memory = Number.POSITIVE_INFINITY }: Expectation,
): string[] =>
  [...memoryGrowth]
    .filter(([name]) => verifiers.some(({ planned }) => planned.name === name && planned.profile === 'honest'))
    .filter(([, megabytes]) => megabytes > memory)
    .map(([name, megabytes]) => `The memory of ${name} grew by ${megabytes} MB, more than ${memory}.`)
