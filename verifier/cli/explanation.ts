/** Why a provider has the score it has: every step from the votes to the tokens, as figures and as text. */
import type { Check } from '../../probe/transcript/check.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { type Leaf, STATUS } from '../../proto/leaf.js'
import type { SoakVote } from '../../proto/soak-vote.js'
import { OUTCOME_NAME, type OutcomeName } from '../../proto/vote.js'
import { isSoak } from '../core/assignment/schedule.js'
import type { PostedReport } from '../core/ports.js'
import type { GroupReading } from '../core/scoring/group-reading.js'
import type { VoteAccount } from '../core/scoring/tally.js'
import { NEVER_MEASURED } from '../core/scoring/throughput.js'
import { type LeafJson, leafJson } from '../evidence/leaf-json.js'
import type { Recomputed } from '../evidence/recompute.js'
import { breachText, groupText, rateText, shareText, tokensText } from './figures.js'
import { OUTCOME_TEXT } from './outcome-text.js'
import { textTable } from './text-table.js'

export interface SettlementJson {
  readonly epoch: number
  readonly charged: string
  readonly txHash: Hex
}

export interface Explanation {
  readonly provider: Hex
  readonly epoch: number
  readonly leaf: LeafJson
  readonly previousLeaf: LeafJson | null
  readonly previousEpoch: number
  readonly votes: readonly VoteJson[]
  readonly quorum: {
    readonly assigned: number
    readonly faults: number
    readonly needed: number
    readonly usable: number
  }
  readonly soak: {
    /** whether this epoch was one */
    readonly now: boolean
    readonly limitKbps: number | null
    /** in force, whenever they were cast */
    readonly votes: readonly SoakVote[]
  }
  readonly belowThreshold: number
  readonly thresholdKbps: number
  readonly ticks: { readonly up: number; readonly total: number }
  readonly commonFailure: boolean
  readonly maxPenaltyBps: number
  readonly certificate: Pick<
    PostedReport,
    'headerHash' | 'round' | 'nonSigners' | 'txHash' | 'blockNumber' | 'gasUsed'
  > & {
    readonly verifiers: number
  }
  readonly settlement: SettlementJson | null
  readonly checks: readonly Check[]
}

interface VoteJson {
  readonly verifier: number
  /** null where no session ran */
  readonly sessionId: Hex | null
  readonly outcome: OutcomeName | null
  readonly rateKbps: number | null
  readonly offeredKbps: number | null
  readonly lossBps: number | null
  readonly controlLossBps: number | null
  readonly controlDelayUs: number | null
  readonly directKbps: number | null
  readonly ticksSent: number
  readonly ticksAnswered: number
  readonly counted: VoteAccount['counted']
  readonly why: string
  /** the verifiers that measured together with it, and the sum that all of them count with; null for one alone */
  readonly group: GroupReading | null
}

/** Undefined for an account that was no active provider at B(e). */
export function explanationOf(
  provider: Hex,
  recomputed: Recomputed,
  posted: PostedReport,
  settlements: readonly SettlementJson[],
  chainChecks: readonly Check[],
): Explanation | undefined {
  const { report, facts, previous, params, checks } = recomputed
  const leaf = report.leaves.find(one => one.provider === provider)
  const tally = report.tallies.get(provider)
  const ticks = report.ticks.get(provider)
  if (!leaf || !tally || !ticks) return undefined
  const before = previous.leaves.find(one => one.provider === provider && one.index === leaf.index)
  const { assigned, faults, quorum: needed, usable, belowThreshold, receivers } = tally
  const { headerHash, round, nonSigners, txHash, blockNumber, gasUsed } = posted
  return {
    ...{ provider, epoch: leaf.epoch, leaf: leafJson(leaf), previousLeaf: before ? leafJson(before) : null },
    previousEpoch: previous.epoch,
    votes: receivers.map(voteJson),
    quorum: { assigned, faults, needed, usable },
    soak: {
      now: isSoak(facts.beacon, provider, params),
      limitKbps: tally.soakLimitKbps ?? null,
      votes: tally.soakVotes,
    },
    ...{ belowThreshold, thresholdKbps: (leaf.claimKbps * params.breachBps) / 10_000, ticks },
    ...{ commonFailure: report.commonFailure, maxPenaltyBps: params.maxPenaltyBps },
    certificate: { headerHash, round, nonSigners, txHash, blockNumber, gasUsed, verifiers: facts.verifiers.length },
    settlement: settlements.find(({ epoch }) => epoch === leaf.epoch) ?? null,
    checks: [...checks, ...chainChecks],
  }
}

export function explanationText(of: Explanation): string {
  return [
    heading(of),
    votesText(of),
    rateLine(of),
    ...soakLines(of),
    ...uptimeLines(of),
    throughputLine(of),
    scoreLine(of),
    ...breachLines(of),
    certificateText(of),
    ...sessionLines(of),
    checksText(of),
  ].join('\n')
}

function voteJson({ receiver, vote, counted, why, group }: VoteAccount): VoteJson {
  return {
    verifier: receiver,
    sessionId: vote === undefined || vote.sessionId === ZERO_HASH ? null : vote.sessionId,
    outcome: (vote && OUTCOME_NAME[vote.outcome]) ?? null,
    rateKbps: vote?.rateKbps ?? null,
    offeredKbps: vote?.offeredKbps ?? null,
    lossBps: vote?.lossBps ?? null,
    controlLossBps: vote?.controlLossBps ?? null,
    controlDelayUs: vote?.controlDelayUs ?? null,
    directKbps: vote?.directKbps ?? null,
    ticksSent: bits(vote?.ticksSent),
    ticksAnswered: bits(vote?.ticksAnswered),
    counted,
    why,
    group: group ?? null,
  }
}

const bits = (map = 0n): number => map.toString(2).replaceAll('0', '').length

function heading({ provider, epoch, leaf }: Explanation): string {
  return `${provider} in epoch ${epoch}: score ${shareText(leaf.scoreBps)}, certified ${rateText(leaf.rateKbps)} of ${rateText(leaf.claimKbps)}, tier ${leaf.tier}\n`
}

function votesText({ votes, leaf }: Explanation): string {
  const rows = votes.map(vote => [
    `${vote.verifier}`,
    vote.outcome === null ? 'none' : OUTCOME_TEXT[vote.outcome],
    vote.rateKbps === null ? '' : rateText(vote.rateKbps),
    vote.offeredKbps === null ? '' : rateText(vote.offeredKbps),
    vote.lossBps === null ? '' : shareText(vote.lossBps),
    vote.controlLossBps === null ? '' : shareText(vote.controlLossBps),
    vote.directKbps ? rateText(vote.directKbps) : '',
    `${vote.ticksAnswered}/${vote.ticksSent}`,
    vote.counted,
    vote.group === null ? vote.why : `${groupText(vote.group, leaf.claimKbps)}; ${vote.why}`,
  ])
  const head = [
    'VERIFIER',
    'OUTCOME',
    'RATE',
    'OFFERED',
    'LOSS',
    'CONTROL LOSS',
    'DIRECT',
    'TICKS',
    'COUNTED AS',
    'WHY',
  ]
  return `${textTable([head, ...rows])}\n`
}

function rateLine({ quorum, leaf, soak }: Explanation): string {
  const { usable, assigned, needed } = quorum
  const votes = `${usable} usable votes of ${assigned} assigned verifiers, ${needed} are needed`
  if (leaf.status === STATUS.unmeasured) {
    const why = usable >= needed ? ', but no soak has borne out a rate yet' : ''
    return `Rate        ${votes}${why}: unmeasured, so there is no rate and no breach.`
  }
  const limits =
    soak.limitKbps === null ? 'at most the claim' : `at most the claim and the last soak's ${rateText(soak.limitKbps)}`
  const found =
    leaf.status === STATUS.unserving
      ? 'it serves nobody, so the rate is 0'
      : `certified ${rateText(leaf.rateKbps)}, from their low median, ${limits}`
  return `Rate        ${votes}: ${found}.`
}

/** None where the network has no soaks. */
function soakLines({ soak }: Explanation): string[] {
  if (!soak.now && soak.votes.length === 0) return []
  const held = soak.votes.map(
    ({ rateKbps, receiver, epoch }) => `${rateText(rateKbps)} (verifier ${receiver}, epoch ${epoch})`,
  )
  const now = soak.now ? 'all sessions of this epoch were soaks' : 'no session of this epoch was one'
  return [`Soaks       ${now}; in force: ${held.join(', ') || 'none'}.`]
}

function uptimeLines({ ticks, leaf }: Explanation): string[] {
  const count = (q16: number) => (q16 / 2 ** 16).toFixed(2)
  return [
    `Uptime U    ${ticks.up} of ${ticks.total} ticks up in this epoch; with the earlier ones, decaying, ${count(leaf.ticksUpQ16)} of ${count(leaf.ticksTotalQ16)}.`,
    `            Lower end of the Wilson interval (z = 1.645): ${shareText(leaf.uptimeBps)}.`,
  ]
}

function throughputLine({ leaf, previousLeaf, previousEpoch }: Explanation): string {
  const t = (of: Pick<Leaf, 'throughputQ32'>) => (of.throughputQ32 / 2 ** 32).toFixed(6)
  const measuredBefore = previousLeaf !== null && BigInt(previousLeaf.throughputQ32) !== NEVER_MEASURED
  const before = measuredBefore ? `T of epoch ${previousEpoch} was ${t(previousLeaf)}` : 'not measured before'
  if (leaf.rateKbps === null) return `Throughput T ${before}; unmeasured, so it only decays: ${t(leaf)}.`
  const ratio = Math.min(1, leaf.rateKbps / leaf.claimKbps).toFixed(6)
  const rule = measuredBefore ? 'T·d + rate/claim·(1 − d)' : 'the first measured window sets it'
  return `Throughput T ${before}; rate/claim = ${ratio}; ${rule}: ${t(leaf)}.`
}

const scoreLine = ({ leaf }: Explanation): string =>
  `Score R     T·U = ${(leaf.throughputQ32 / 2 ** 32).toFixed(6)} · ${shareText(leaf.uptimeBps)} = ${shareText(leaf.scoreBps)}.`

function breachLines({
  leaf,
  belowThreshold,
  quorum,
  thresholdKbps,
  commonFailure,
  previousLeaf,
  maxPenaltyBps,
  settlement,
}: Explanation): string[] {
  const breach = belowThreshold >= quorum.needed
  const said = `${belowThreshold} votes below the slashing threshold of ${rateText(thresholdKbps)}, ${quorum.needed} make a breach`
  const verdict = breach
    ? commonFailure
      ? 'a breach, but so many fell at once that none is set'
      : 'a breach'
    : 'no breach'
  const history = `last five windows ${breachText(leaf.penaltyBps > 0 ? ((previousLeaf?.breachBits ?? 0) << 1) | 1 : leaf.breachBits)}`
  const lines = [`Breach      ${said}: ${verdict}; ${history}, three of them cost stake.`]
  if (leaf.penaltyBps === 0) return [...lines, 'Penalty     none.']
  const share = `${shareText(maxPenaltyBps)} · (threshold − rate)/threshold = ${(leaf.penaltyBps / 100).toFixed(2)} % of the stake`
  const taken = settlement
    ? `${tokensText(BigInt(settlement.charged))} tokens were taken in ${settlement.txHash}`
    : 'not taken yet: anybody may settle it once the report is final'
  return [...lines, `Penalty     ${share}; ${taken}.`]
}

/** What `bandwitness transcript` takes. */
function sessionLines({ votes }: Explanation): string[] {
  const lines = votes.flatMap(({ verifier, sessionId }) => (sessionId ? [`  verifier ${verifier}  ${sessionId}`] : []))
  return lines.length === 0
    ? []
    : ['Sessions    (their evidence: bandwitness transcript SESSION --out FILE)', ...lines, '']
}

function certificateText({ certificate }: Explanation): string {
  const { verifiers, nonSigners, round, txHash, blockNumber, gasUsed, headerHash } = certificate
  return [
    `Certificate ${verifiers - nonSigners.length} of ${verifiers} verifiers signed header ${headerHash} in round ${round};`,
    `            accepted in block ${blockNumber} by ${txHash} for ${gasUsed} gas.\n`,
  ].join('\n')
}

const checksText = ({ checks }: Explanation): string =>
  checks.map(({ what, holds }) => `${holds ? '✓' : '✗'} ${what}`).join('\n')
