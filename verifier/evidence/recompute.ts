/**
 * Computes an epoch's report again from its evidence: the chain's facts at B(e), the previous leaves and the signed
 * ballots. Nothing that a verifier computed is believed; each thing that the verifier serves becomes a check.
 */
import { headerHash } from '../../proto/digests.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { decodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import { MerkleTree } from '../../proto/merkle.js'
import { MessageError, WholeBallot } from '../../proto/messages.js'
import type { NetworkParams } from '../../proto/params.js'
import { decodeVote } from '../../proto/vote.js'
import { UserError } from '../config/errors.js'
import { assign } from '../core/assignment/assign.js'
import { type BlockFacts, type ChainFacts, withLinks } from '../core/facts.js'
import type { Chain } from '../core/ports.js'
import { type EpochWork, WorkTally } from '../core/rewards/work.js'
import { countedBallot } from '../core/scoring/ballots.js'
import { type CarryOver, decodeCarryOver } from '../core/scoring/carry-over.js'
import { type DecodedTally, EpochEvaluation } from '../core/scoring/evaluate.js'
import { type Report, reportOf as reportOn } from '../core/scoring/report.js'
import { showsSchedule } from './ballot-signatures.js'
import { rightSignatures } from './right-signatures.js'
import type { CheckJson } from './schema/checks.js'
import { type EvidenceJson, factsFromJson } from './schema/evidence.js'

export interface Recomputed {
  readonly facts: ChainFacts
  readonly params: NetworkParams
  readonly previous: CarryOver & { readonly epoch: number }
  readonly report: Report
  /** what the report's epoch earns */
  readonly work: EpochWork
  /** undefined for an account that gets no leaf */
  readonly tallyOf: (provider: Hex) => DecodedTally | undefined
  readonly checks: readonly CheckJson[]
}

/** @throws UserError 'evidence' for ballots, votes or leaves that cannot be decoded */
export function recompute(evidence: EvidenceJson): Recomputed {
  try {
    return reportOf(evidence)
  } catch (cause) {
    throw undecodable(evidence.header.epoch, cause)
  }
}

/** @returns what to throw for an error of whoever reads evidence */
export function undecodable(epoch: number, cause: unknown): unknown {
  if (!(cause instanceof MessageError || cause instanceof RangeError)) return cause
  const what = `The evidence of epoch ${epoch} cannot be decoded (${cause.message}). Ask another verifier.`
  return new UserError('evidence', what, { cause })
}

function reportOf(evidence: EvidenceJson): Recomputed {
  const { params, network, previous } = evidence
  const facts = factsFromJson(evidence.facts)
  const ballots = evidence.ballots.map(hex => WholeBallot.decode(fromHex(hex)))
  const votesOf = ballots.map(({ votes }) => votes.map(decodeVote))
  const assignment = assign(facts, params)
  const carryOver = decodeCarryOver(previous.leaves.map(fromHex))
  const input = {
    ...{ params, facts, assignment, previous: { epoch: previous.epoch, ...carryOver } },
    previousHeader: previous.headerHash,
    rewardsRoot: evidence.header.rewardsRoot, // replayed by itself, see rewards-replay.ts
    ballotSet: ballots.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
  }
  const counted = ballots.map(({ verifier, votes }) => countedBallot(verifier, votes))
  const work = new WorkTally(input)
  const evaluation = new EpochEvaluation(input, work.add)
  evaluation.add(counted)
  const report = reportOn(input, evaluation.finish())
  const linkLeaves = evidence.linkLeaves.map(hex => decodeLeaf(fromHex(hex)))
  const rightOnes = rightSignatures(ballots, facts, network)
  const signed = rightOnes.filter(({ own }) => own).length
  const checks = [
    {
      what: `${signed} of ${ballots.length} ballots carry their verifier's signature`,
      holds: signed === ballots.length,
    },
    {
      what: 'the votes of every ballot hash to its signed root',
      holds: ballots.every(({ votes, root }) => new MerkleTree(votes).root === toHex(root)),
    },
    {
      what: 'every vote shows the schedule that its verifier signed, which draws its soaks',
      holds: ballots.every((ballot, i) => rightOnes[i]!.schedule && showsSchedule(ballot, votesOf[i]!)),
    },
    {
      what: 'the links that made the assignment are those in the leaves of an older report',
      holds: sameJson(withLinks(facts, linkLeaves), facts),
    },
    {
      what: 'the leaves computed from them have the score root of the report',
      holds: report.header.scoreRoot === evidence.header.scoreRoot,
    },
    {
      what: 'the whole header computed from them is the certified one',
      holds: headerHash(network, report.header) === evidence.headerHash,
    },
  ]
  return {
    ...{ facts, params, previous: input.previous, report, checks, work: work.work(report) },
    tallyOf: provider => evaluation.tallyOf(provider, counted),
  }
}

/** Asks the chain itself for a report's header, and for the facts that it was computed from. */
export async function checkHeader(
  { header: { epoch }, headerHash: hash, facts: served }: EvidenceJson,
  chain: Pick<Chain, 'posted' | 'factsAt'>,
): Promise<CheckJson[]> {
  const [posted, facts] = await Promise.all([chain.posted(epoch), chain.factsAt(epoch)])
  return [
    { what: 'the chain accepted this header', holds: posted?.headerHash === hash },
    { what: 'the facts at B(e) are those of the chain', holds: sameJson(facts, blockFactsOf(served)) },
  ]
}

/** Asks the chain itself for what the verifier says of the chain. */
export async function checkAgainstChain(evidence: EvidenceJson, chain: Chain): Promise<CheckJson[]> {
  const header = await checkHeader(evidence, chain)
  const previousPosted = evidence.previous.epoch === 0 ? undefined : await chain.posted(evidence.previous.epoch)
  const { linkReport } = evidence.facts
  const linkPosted = linkReport.epoch === 0 ? undefined : await chain.posted(linkReport.epoch)
  const previousRoot = new MerkleTree(evidence.previous.leaves.map(hex => leafPart(fromHex(hex)))).root
  const linkRoot = new MerkleTree(evidence.linkLeaves.map(fromHex)).root
  return [
    ...header,
    {
      what: 'the leaves that tell links have the score root that the chain accepted',
      holds: linkRoot === (linkPosted?.header.scoreRoot ?? ZERO_HASH),
    },
    {
      what: 'the previous leaves have the score root that the chain accepted before',
      holds: previousRoot === (previousPosted?.header.scoreRoot ?? ZERO_HASH),
    },
  ]
}

export function blockFactsOf(json: EvidenceJson['facts']): BlockFacts {
  const facts = factsFromJson(json)
  return { ...facts, providers: facts.providers.map(({ link: _, ...provider }) => provider) }
}

export function sameJson(a: unknown, b: unknown): boolean {
  const sorted = (_: string, value: unknown) => {
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
  }
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted)
}
