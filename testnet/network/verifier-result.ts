/** What the chain shows of the verifiers after a run, and what their profiles promise. Pure. */

import type { Hex } from '../../proto/hex.js'
import { EXIT_CODE } from '../../verifier/config/errors.js'
import type { NodeExit } from '../process/spawn.js'
import type { SeenEquivocation } from './chain-reader.js'
import type { VerifierResult } from './events.js'
import type { PlannedVerifier } from './plan.js'
import type { RewardsRecord } from './rewards.js'
import { rewardResult } from './rewards-result.js'

export interface VerifierRecord {
  readonly planned: PlannedVerifier
  /** of the registry; undefined for one that has not registered */
  readonly index: number | undefined
  readonly address: Hex
  readonly bondBefore: bigint
  readonly bondAfter: bigint
}

interface VerifierRun {
  readonly verifiers: readonly VerifierRecord[]
  readonly epochs: readonly { readonly epoch: number; readonly frozen: readonly number[] }[]
  readonly equivocations: readonly SeenEquivocation[]
  readonly exits: readonly NodeExit[]
  readonly rewards: RewardsRecord
}

/** The bond must be charged within so many epochs of the equivocation. */
const CHARGED_WITHIN_EPOCHS = 2
/** The suffix in the name of the second process with one set of keys. */
export const TWIN = '-twin'

export const verifierResult = (run: VerifierRun, record: VerifierRecord): VerifierResult => ({
  name: record.planned.name,
  address: record.address,
  profile: record.planned.profileName,
  bondBefore: record.bondBefore.toString(),
  bondAfter: record.bondAfter.toString(),
  ...rewardResult(run.rewards, record.address),
  equivocations: run.equivocations
    .filter(({ index }) => index === record.index)
    .map(({ epoch, provenIn, kind }) => ({ epoch, provenIn, kind })),
  stopped: stopsOf(run, record)[0]?.lastLog.at(-1) ?? null,
})

export function verifierFailures(run: VerifierRun): string[] {
  return run.verifiers.flatMap(record => {
    const { name, profileName } = record.planned
    return brokenBy(run, record).map(sentence => `${name} (${profileName}) ${sentence}.`)
  })
}

function brokenBy(run: VerifierRun, record: VerifierRecord): string[] {
  if (record.planned.profile === 'equivocator') return unpunished(run, record)
  const lost = record.bondBefore - record.bondAfter
  const intact = lost === 0n ? [] : [`lost ${lost} wei of its bond, although it contradicted nothing`]
  return record.planned.profile === 'twice' ? [...intact, ...notStopped(run, record)] : intact
}

/** It equivocates in every epoch: the first one must cost it, and it must be in no set that is frozen after that. */
function unpunished(run: VerifierRun, { index, bondBefore, bondAfter }: VerifierRecord): string[] {
  const first = run.equivocations.find(one => one.index === index)
  if (first === undefined) return run.epochs.length > CHARGED_WITHIN_EPOCHS ? ['was not proven to equivocate'] : []
  const failures: string[] = []
  if (first.provenIn > first.epoch + CHARGED_WITHIN_EPOCHS) {
    failures.push(`equivocated in epoch ${first.epoch} and was charged too late, in epoch ${first.provenIn}`)
  }
  if (first.isOwn) failures.push('was convicted by its own account')
  const expected = (bondBefore * BigInt(first.penaltyBps)) / 10_000n
  if (bondBefore - bondAfter !== expected) {
    failures.push(`lost ${bondBefore - bondAfter} wei of its bond, not ${expected}`)
  }
  const later = run.epochs.filter(({ epoch, frozen }) => epoch > first.lastEpochOfSet && frozen.includes(index!))
  if (later.length > 0) failures.push(`is in the frozen set of epoch ${later[0]!.epoch}, although it was expelled`)
  return failures
}

/** One of the two processes must have stopped, with the reason, and the other one not. */
function notStopped(run: VerifierRun, record: VerifierRecord): string[] {
  const stops = stopsOf(run, record)
  if (stops.length !== 1) return [`has ${2 - stops.length} processes at the end, not one`]
  const { name, lastLog } = stops[0]!
  return /keys/.test(lastLog.at(-1) ?? '') ? [] : [`stopped one process (${name}) and did not say why`]
}

const stopsOf = ({ exits }: VerifierRun, { planned }: VerifierRecord): NodeExit[] =>
  exits.filter(({ name, code }) => isProcessOf(planned, name) && code === EXIT_CODE['keys-in-use'])

export const isProcessOf = ({ name }: PlannedVerifier, process: string): boolean =>
  process === name || process === `${name}${TWIN}`
