/**
 * Computes one provider's leaf again from its evidence: the chain's facts at B(e), its leaf before, and the signed votes on
 * it. A leaf follows from these alone, except in two things: the report's header says whether there was a common failure,
 * and the plan of the whole epoch says beside which neighbour a session ran.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { headerHash, type NetworkId } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { decodeLeaf, encodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import { verifyProof } from '../../proto/merkle.js'
import type { NetworkParams } from '../../proto/params.js'
import { decodeVote, type Vote } from '../../proto/vote.js'
import { ballotSetRoot } from '../core/agreement/ballot-set.js'
import { assign } from '../core/assignment/assign.js'
import type { ChainFacts } from '../core/facts.js'
import type { Chain } from '../core/ports.js'
import { countedBallot } from '../core/scoring/ballots.js'
import { decodeCarryOver, NOTHING_CARRIED } from '../core/scoring/carry-over.js'
import { EpochEvaluation } from '../core/scoring/evaluate.js'
import { showsSchedule } from './ballot-signatures.js'
import type { Explainable } from './explanation.js'
import { blockFactsOf, sameJson, undecodable } from './recompute.js'
import { rightSignatures } from './right-signatures.js'
import type { CheckJson } from './schema/checks.js'
import { factsFromJson } from './schema/evidence.js'
import type { ProvenJson, ProviderEvidenceJson } from './schema/provider-evidence.js'

type VoteJson = ProviderEvidenceJson['votes'][number]

/** As many as are checked in some 20 ms. */
const VOTES_AT_ONCE = 32

/** Whether something is a leaf of the tree with a root. */
export type IsIn = (proven: ProvenJson, root: Hex) => boolean

const byProof: IsIn = ({ encoded, proof }, root) => verifyProof(root, fromHex(encoded), proof)

/**
 * Gives way to other work of the thread after each few votes.
 * @param isIn for whoever has checked it before (default: by the proofs)
 * @throws UserError 'evidence' for votes or leaves that cannot be decoded
 */
export async function recomputeProvider(evidence: ProviderEvidenceJson, isIn: IsIn = byProof): Promise<Explainable> {
  try {
    const facts = factsFromJson(evidence.facts)
    const votes = evidence.votes.map(({ encoded }) => decodeVote(fromHex(encoded)))
    const computed = evaluateOne(evidence, facts)
    return { ...computed, checks: await checksOf(evidence, facts, votes, computed, isIn) }
  } catch (cause) {
    throw undecodable(evidence.header.epoch, cause)
  }
}

type Computed = Omit<Explainable, 'checks'>

function evaluateOne(evidence: ProviderEvidenceJson, facts: ChainFacts): Computed {
  const { provider, header, previous, beside } = evidence
  const params = evidence.params
  const carryOver = previous.leaf === null ? NOTHING_CARRIED : decodeCarryOver([fromHex(previous.leaf.encoded)])
  const before = { epoch: previous.header?.epoch ?? 0, ...carryOver }
  const evaluation = new EpochEvaluation({
    params: header.commonFailure ? withCommonFailure(params) : params,
    facts: { ...facts, providers: facts.providers.filter(({ account }) => account === provider) },
    assignment: { ...assign(facts, params), besideOf: () => beside },
    previous: before,
  })
  const ballots = evidence.votes.map(({ verifier, encoded }) => countedBallot(verifier, [fromHex(encoded)]))
  evaluation.add(ballots)
  return {
    ...{ facts, params, previous: before },
    report: { ...evaluation.finish(), commonFailure: header.commonFailure },
    tallyOf: account => evaluation.tallyOf(account, ballots),
  }
}

/** One provider cannot show that many fell at once: these find a common failure whenever a window ends. */
const withCommonFailure = (params: NetworkParams): NetworkParams => ({
  ...params,
  ...{ commonFailureMinProviders: 0, commonFailureShareBps: -1 },
})

async function checksOf(
  evidence: ProviderEvidenceJson,
  facts: ChainFacts,
  votes: readonly Vote[],
  { report }: Computed,
  isIn: IsIn,
): Promise<CheckJson[]> {
  const { network, header, ballotSet, provider, leaf, previous } = evidence
  const roots = new Map(ballotSet.map(({ verifier, root }) => [verifier, root] as const))
  const held = { signed: 0, scheduled: 0 }
  for (let at = 0; at < votes.length; at += VOTES_AT_ONCE) {
    const ballots = evidence.votes.slice(at, at + VOTES_AT_ONCE).map(({ verifier, signature, schedule }) => ({
      ...{ verifier, root: fromHex(roots.get(verifier) ?? ZERO_HASH) },
      ...{ signature: fromHex(signature), schedule: fromHex(schedule) },
    }))
    for (const [i, { own, schedule }] of rightSignatures(ballots, facts, network).entries()) {
      if (own) held.signed++
      if (schedule && showsSchedule(ballots[i]!, [votes[at + i]!])) held.scheduled++
    }
    await turn()
  }
  const computed = report.leaves.find(one => one.provider === provider)
  return [
    { what: 'the header is that of the report', holds: headerHash(network, header) === evidence.headerHash },
    {
      what: `${held.signed} of ${votes.length} ballots with a vote on it carry their verifier's signature`,
      holds: held.signed === votes.length,
    },
    {
      what: 'every vote is on it, and in the ballot of its verifier',
      holds: evidence.votes.every(
        (one, i) => votes[i]!.provider === provider && isIn(one, roots.get(one.verifier) ?? ZERO_HASH),
      ),
    },
    {
      what: 'no verifier has two votes, and the ballots are those of the report',
      holds: isEachOnce(evidence.votes) && ballotSetRoot(ballotSet) === header.ballotSetRoot,
    },
    {
      what: 'every vote shows the schedule that its verifier signed, which draws its soaks',
      holds: held.scheduled === votes.length,
    },
    {
      what: 'the links that made its assignment are those in the leaves of an older report',
      holds: areLinks(evidence, facts, isIn),
    },
    {
      what: 'its leaf before is in the report before',
      holds:
        isNamed(previous.header, header.previousHeader, network) &&
        (previous.leaf === null || isIn(asLeaf(previous.leaf), previous.header?.scoreRoot ?? ZERO_HASH)),
    },
    {
      what: 'the leaf computed from them is the one in the report',
      holds: computed !== undefined && toHex(encodeLeaf(computed)) === leaf.encoded && isIn(leaf, header.scoreRoot),
    },
  ]
}

/** Asks the chain itself for what the node says of the chain. */
export async function checkProviderAgainstChain(
  evidence: ProviderEvidenceJson,
  chain: Pick<Chain, 'posted' | 'factsAt'>,
): Promise<CheckJson[]> {
  const { epoch } = evidence.header
  const [posted, facts] = await Promise.all([chain.posted(epoch), chain.factsAt(epoch)])
  const served = blockFactsOf(evidence.facts)
  const named = new Set(served.providers.map(({ account }) => account))
  const those = facts && { ...facts, providers: facts.providers.filter(({ account }) => named.has(account)) }
  return [
    { what: 'the chain accepted this header', holds: posted?.headerHash === evidence.headerHash },
    { what: 'the facts at B(e) are those of the chain', holds: sameJson(those, served) },
  ]
}

/** Each provider that has a link has it from its leaf; and no link is known before the first such report. */
function areLinks(
  { network, links }: ProviderEvidenceJson,
  { linkReport, providers }: ChainFacts,
  isIn: IsIn,
): boolean {
  if (!isNamed(links.header, linkReport.headerHash, network)) return false
  const root = links.header?.scoreRoot ?? ZERO_HASH
  const leaves = links.leaves.map(({ encoded }) => decodeLeaf(fromHex(encoded)))
  return (
    links.leaves.every(leaf => isIn(leaf, root)) &&
    providers.every(({ index, account, link }) => {
      const leaf = leaves.find(one => one.index === index && one.provider === account)
      return link === (leaf?.link ?? ZERO_HASH)
    })
  )
}

/** @param hash zero for a header that does not exist */
const isNamed = (header: Header | null, hash: Hex, network: NetworkId): boolean =>
  header === null ? hash === ZERO_HASH : headerHash(network, header) === hash

/** Without what is carried beside it. */
export const asLeaf = ({ encoded, proof }: ProvenJson): ProvenJson => ({
  encoded: toHex(leafPart(fromHex(encoded))),
  proof,
})

const isEachOnce = (votes: readonly VoteJson[]): boolean =>
  new Set(votes.map(({ verifier }) => verifier)).size === votes.length
