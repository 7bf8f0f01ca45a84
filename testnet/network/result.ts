/** Whether the chain shows what a run's profiles and mix promise. Pure: every sentence follows from the record. */

import type { Hex } from '../../proto/hex.js'
import { type Leaf, STATUS } from '../../proto/leaf.js'
import { isSupermajority } from '../../proto/quorum.js'
import { accountOf } from '../../verifier/chain/account.js'
import { EXIT_CODE } from '../../verifier/config/errors.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import type { DecoyVerdict } from '../../verifier/core/rewards/decoys.js'
import { type ClientRecord, clientFailures } from '../market/client-result.js'
import { describeEnd, isCrash } from '../process/child-end.js'
import type { NodeExit } from '../process/spawn.js'
import type { ProviderHistory, Sales } from '../profiles/profile.js'
import { CONDUCT } from '../profiles/profiles.js'
import { capturedFailures, isCaptured } from './captured-result.js'
import type { SeenEquivocation, SeenSettlement } from './chain-reader.js'
import type { DecoyTasks, ProviderResult, SalesResult } from './events.js'
import { isOutvoted, outvotedFailures } from './outvoted-result.js'
import type { PlannedProvider, PlannedVerifier } from './plan.js'
import type { RewardsRecord } from './rewards.js'
import { potFailures, rewardFailures, rewardResult } from './rewards-result.js'
import { isProcessOf, type VerifierRecord, verifierFailures } from './verifier-result.js'

export interface EpochOutcome {
  readonly epoch: number
  /** Undefined if none was posted in time. */
  readonly report: PostedReport | undefined
  /** The report's leaves, checked against its score root. */
  readonly leaves: readonly Leaf[]
  /** That the report counts; undefined without a report, or if no verifier tells. */
  readonly ballots: number | undefined
  /** Registry indices of the frozen set in force. */
  readonly frozen: readonly number[]
}

export interface ProviderRecord {
  readonly planned: PlannedProvider
  readonly address: Hex
  readonly stakeBefore: bigint
  readonly stakeAfter: bigint
  readonly goneFromEpoch: number | undefined
  /** undefined without exits */
  readonly sales: Sales | undefined
}

export interface RunRecord {
  /** The index is the registry's, once registered. */
  readonly verifiers: readonly VerifierRecord[]
  readonly equivocations: readonly SeenEquivocation[]
  readonly providers: readonly ProviderRecord[]
  readonly epochs: readonly EpochOutcome[]
  /** of each provider in an epoch, if there are so many verifiers */
  readonly receivers: number
  readonly settlements: readonly SeenSettlement[]
  readonly rewards: RewardsRecord
  readonly exits: readonly NodeExit[]
  /** Everything else that went wrong, such as leaves that do not hash to the chain's root. */
  readonly faults: readonly string[]
  /** over all epochs of the run; undefined without decoys */
  readonly decoys: DecoyVerdict | undefined
  readonly clients: readonly ClientRecord[]
}

/** Reports of a later era that are enough for a late verifier to have signed one of them. */
const LATE_REPORTS = 3
/** Of so many tasks, who guesses misses a third in all but one run in 200. */
const TASKS_TO_CATCH = 6

export function failuresOf(run: RunRecord): string[] {
  return [
    ...run.faults,
    ...run.exits.filter(exit => !isWantedStop(run, exit)).flatMap(fault),
    ...run.epochs.flatMap(epoch => mixFailures(run, epoch)),
    ...scoreFailures(run),
    ...lateFailures(run),
    ...potFailures(run.rewards),
    ...decoyTasks(run).flatMap(decoyFailures),
    ...caughtAndPaid(run),
    ...verifierFailures(run),
    ...run.clients.flatMap(clientFailures),
  ]
}

/** Of the scores and what follows from them: stakes and rewards. */
function scoreFailures(run: RunRecord): string[] {
  if (isCaptured(run)) return capturedFailures(run)
  const isReported = run.epochs.some(epoch => reportsExpected(run, epoch) !== 'never')
  if (!isReported) return [...nobodySlashed(run), ...rewardFailures(run)]
  const ofProviders = isOutvoted(run)
    ? outvotedFailures(run)
    : run.providers.flatMap(provider => providerFailures(run, provider))
  return [...ofProviders, ...rewardFailures(run)]
}

export function providerResult(
  run: RunRecord,
  { planned, address, stakeBefore, stakeAfter, sales }: ProviderRecord,
): ProviderResult {
  const leaf = run.epochs.flatMap(({ leaves }) => leaves.filter(({ provider }) => provider === address)).at(-1)
  const slashed = run.settlements
    .filter(({ provider }) => provider === address)
    .reduce((sum, { charged }) => sum + charged, 0n)
  return {
    name: planned.name,
    address,
    profile: planned.profileName,
    claimKbps: planned.claimKbps,
    deliversKbps: planned.deliversKbps,
    rateKbps: leaf === undefined || leaf.status === STATUS.unmeasured ? null : leaf.rateKbps,
    uptimeBps: leaf?.uptimeBps ?? 0,
    scoreBps: leaf?.scoreBps ?? 0,
    tier: leaf?.tier ?? 0,
    stakeBefore: stakeBefore.toString(),
    stakeAfter: stakeAfter.toString(),
    slashed: slashed.toString(),
    sales: salesResult(sales),
    ...rewardResult(run.rewards, address),
  }
}

const salesResult = (sales: Sales | undefined): SalesResult | null =>
  sales === undefined
    ? null
    : {
        revenue: `${sales.revenue}`,
        carriedBytes: sales.books?.carriedBytes ?? null,
        billedBytes: sales.books?.billedBytes ?? null,
        owed: sales.books === undefined ? null : `${sales.owed}`,
      }

/** A node that gave up by itself, or crashed. A node that somebody else killed is reported, but is no fault of the network. */
function fault(exit: NodeExit): string[] {
  const gaveUp = !exit.wanted && exit.signal === null && exit.code !== 0
  if (!gaveUp && !isCrash(exit)) return []
  return [`${exit.name} ${describeEnd(exit)}${exit.lastLog.length > 0 ? `: ${exit.lastLog.join(' | ')}` : ''}.`]
}

/** Of two processes with one set of keys, the later one must stop. */
const isWantedStop = ({ verifiers }: RunRecord, { name, code }: NodeExit): boolean =>
  code === EXIT_CODE['keys-in-use'] &&
  verifiers.some(({ planned }) => planned.profile === 'twice' && isProcessOf(planned, name))

/** `maybe` while the report depends on a verifier that may not be up yet, or not be heard. */
export function reportsExpected(run: RunRecord, { frozen }: EpochOutcome): 'always' | 'maybe' | 'never' {
  const members = run.verifiers
    .filter(({ index }) => frozen.includes(index ?? -1))
    .map(({ planned }) => planned.profile)
  const signers = (...how: string[]) => members.filter(profile => how.includes(CONDUCT[profile].signs)).length
  const colluders = members.filter(profile => profile === 'colluder').length
  if (isSupermajority(signers('always'), frozen.length) || isSupermajority(colluders, frozen.length)) return 'always'
  return isSupermajority(signers('always', 'maybe'), frozen.length) ? 'maybe' : 'never'
}

function mixFailures(run: RunRecord, outcome: EpochOutcome): string[] {
  const expected = reportsExpected(run, outcome)
  if (expected === 'always' && !outcome.report) return [`Epoch ${outcome.epoch} has no report.`]
  if (expected === 'never' && outcome.report) {
    return [`Epoch ${outcome.epoch} has a report, although at most two thirds of its verifiers sign right ones.`]
  }
  return []
}

function nobodySlashed({ providers, settlements }: RunRecord): string[] {
  const lost = providers.filter(({ stakeBefore, stakeAfter }) => stakeBefore !== stakeAfter)
  return [
    ...lost.map(({ planned }) => `${planned.name} lost stake, although there was no report.`),
    ...settlements.map(({ provider, epoch }) => `${provider} was slashed for epoch ${epoch}, which has no report.`),
  ]
}

function providerFailures(run: RunRecord, provider: ProviderRecord): string[] {
  const { name, profileName, profile } = provider.planned
  return profile.broken(historyOf(run, provider)).map(sentence => `${name} (${profileName}) ${sentence}.`)
}

export function historyOf(run: RunRecord, provider: ProviderRecord): ProviderHistory {
  const { planned, address, stakeBefore, stakeAfter, goneFromEpoch, sales } = provider
  return {
    claimKbps: planned.claimKbps,
    deliversKbps: planned.deliversKbps,
    epochsRun: run.epochs.length,
    ofThisProfile: run.providers.filter(other => other.planned.profile === planned.profile).length,
    allVerifiersHonest: run.verifiers.every(verifier => verifier.planned.profile === 'honest'),
    leaves: run.epochs.flatMap(({ leaves }) => leaves.filter(leaf => leaf.provider === address)),
    settlements: run.settlements.filter(settlement => settlement.provider === address),
    stakeBefore,
    stakeAfter,
    goneFromEpoch,
    sales,
  }
}

export function decoyTasks({ verifiers, decoys }: RunRecord): DecoyTasks[] {
  if (decoys === undefined) return []
  return verifiers.map(({ planned, index = -1 }) => {
    const { tasks, missed } = decoys.counts.get(index) ?? { tasks: 0, missed: 0 }
    return { name: planned.name, profile: planned.profile, tasks, missed, caught: decoys.caught.has(index) }
  })
}

/** Decoys must catch who votes without measuring, and nobody else. */
function decoyFailures({ name, profile, tasks, missed, caught }: DecoyTasks): string[] {
  const { lies } = CONDUCT[profile]
  if (caught === lies || (lies && tasks < TASKS_TO_CATCH)) return []
  return [`${name} (${profile}) missed ${missed} of ${tasks} decoys and was ${caught ? '' : 'not '}caught.`]
}

/** An epoch may have too few decoys to catch anybody. Over a run, who is caught must earn less than who is not. */
function caughtAndPaid({ verifiers, decoys, rewards }: RunRecord): string[] {
  const earnedBy = ({ keys }: PlannedVerifier) => rewards.earned.get(accountOf(keys.evm)) ?? 0n
  const isCaught = (index: number | undefined) => decoys?.caught.has(index ?? -1) ?? false
  const free = verifiers.filter(({ index }) => !isCaught(index)).map(({ planned }) => earnedBy(planned))
  const isMost = (wei: bigint) => free.some(other => other > 0n) && free.every(other => wei >= other)
  return verifiers
    .filter(({ planned, index }) => isCaught(index) && isMost(earnedBy(planned)))
    .map(
      ({ planned }) =>
        `${planned.name} (${planned.profile}) earned ${earnedBy(planned)} wei, although decoys caught it.`,
    )
}

/** A late verifier must be in the frozen set that has room for it, and sign there. */
function lateFailures({ verifiers, epochs }: RunRecord): string[] {
  const eras = new Set(epochs.map(({ report }) => report?.header.era))
  const late = verifiers.filter(({ planned }) => planned.profile === 'late')
  // At most a quarter of a set is new. Whoever registers first enters first, since all bonds are equal.
  const perEra = Math.max(1, Math.floor((verifiers.length - late.length) / 3))
  return late
    .toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
    .flatMap(({ planned, index }, place) => {
      const firstEra = 2 + Math.floor(place / perEra)
      const later = epochs.filter(({ report }) => report !== undefined && report.header.era >= firstEra)
      if (!eras.has(firstEra) || later.length === 0) return []
      const member = later.filter(({ frozen }) => frozen.includes(index ?? -1))
      if (member.length < later.length) return [`${planned.name} (late) is not in the frozen set of era ${firstEra}.`]
      const signed = member.some(({ frozen, report }) => !report!.nonSigners.includes(frozen.indexOf(index!)))
      return signed || member.length < LATE_REPORTS
        ? []
        : [`${planned.name} (late) signed none of ${member.length} reports.`]
    })
}
