/** The epochs: a list, one of them, and what its report is made of. */
import { epochEndMs, epochStartMs, eraOf } from '../../proto/epoch.js'
import type { Hex } from '../../proto/hex.js'
import { toHex } from '../../proto/hex.js'
import { STATUS } from '../../proto/leaf.js'
import { decodeVote, OUTCOME_NAME, type Vote } from '../../proto/vote.js'
import type { KnownEvents } from '../chain/known-events.js'
import type { FrozenVerifier } from '../core/facts.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { BallotsJson, EpochJson, EpochPageJson, EpochState, VoteRecordJson } from '../evidence/schema/epochs.js'
import { leafJson } from '../evidence/schema/report.js'
import type { ChainView } from './chain-view.js'
import { Problem } from './problem.js'
import type { ProviderEvidence } from './provider-evidence.js'
import { settlementJson } from './provider-routes.js'
import type { ReportingNode } from './reporting-node.js'
import { type Accepted, noLeaf, type Reports, tagOf } from './reports.js'
import { type AddRoute, Tagged } from './route.js'
import type { Sets } from './sets.js'
import { refuseAbove, votesIn, wholeEvidence } from './whole-evidence.js'

/** A leaf as JSON has fewer. */
const LEAF_CHARACTERS = 1000
/** A vote as JSON has fewer. */
const VOTE_CHARACTERS = 2000
/** A report can be accepted until the end of the epoch after its own. */
const POSTING_EPOCHS = 1

export interface EpochModules {
  readonly node: ReportingNode
  readonly view: ChainView
  readonly reports: Reports
  readonly evidence: ProviderEvidence
  readonly sets: Sets
}

export function epochRoutes(add: AddRoute, { node, view, reports, evidence, sets }: EpochModules): void {
  const epochJson = async (epoch: number, events: KnownEvents): Promise<EpochJson> => {
    const { clock } = node
    const held = await reports.held(epoch)
    const state = stateOf(epoch, node.epochNow(), events, held)
    const era = clock === undefined ? 0 : eraOf(clock, epoch)
    return {
      ...{ epoch, era, state },
      startMs: clock === undefined ? 0 : epochStartMs(clock, epoch),
      endMs: clock === undefined ? 0 : epochEndMs(clock, epoch),
      report: held === undefined ? null : await postedJson(held),
    }
  }

  const postedJson = async ({ posted, ballots }: Accepted): Promise<EpochJson['report']> => ({
    ...posted,
    verifiers: (await sets.of(posted.header.era)).length,
    ballots: ballots.length,
  })

  const detailOf = async (report: Accepted, events: KnownEvents): Promise<EpochPageJson['detail']> => {
    const { leaves } = await reports.whole(report)
    const counts = { measured: 0, unserving: 0, unmeasured: 0 }
    for (const { status } of leaves)
      counts[status === STATUS.unserving ? 'unserving' : status === STATUS.unmeasured ? 'unmeasured' : 'measured']++
    const { epoch } = report.header
    return {
      signers: (await sets.of(report.header.era)).map(verifier => signerOf(verifier, report)),
      providers: counts,
      penalties: leaves
        .filter(({ penaltyBps }) => penaltyBps > 0)
        .map(({ provider, penaltyBps }) => {
          const settlement = events.settlements(provider).find(one => one.epoch === epoch)
          return { provider, penaltyBps, settlement: settlement === undefined ? null : settlementJson(settlement) }
        }),
    }
  }

  add(ENDPOINTS.epochs, async ({ limit, cursor }) => {
    const events = await view.events()
    const newest = Math.min(cursor ?? Number.POSITIVE_INFINITY, Math.max(0, node.epochNow()))
    const count = Math.min(limit, newest)
    const items = await Promise.all(Array.from({ length: count }, (_, i) => epochJson(newest - i, events)))
    return { items, next: newest > count ? newest - count : null }
  })

  add(ENDPOINTS.epoch, async ({ epoch: which }) => {
    const events = await view.events()
    const epoch = which === 'latest' ? (await reports.accepted('latest')).header.epoch : which
    if (epoch > node.epochNow())
      throw new Problem(
        'not-found',
        `Epoch ${epoch} has not begun. Ask for an epoch up to ${Math.max(0, node.epochNow())}.`,
      )
    const held = await reports.held(epoch)
    const missed = node.epochs?.missed
    return {
      ...(await epochJson(epoch, events)),
      sentence: missed?.epoch === epoch ? missed.sentence : null,
      detail: held === undefined ? null : await detailOf(held, events),
    }
  })

  add(ENDPOINTS.leaves, async ({ epoch }) => {
    const report = await reports.accepted(epoch)
    refuseAbove(ENDPOINTS.leaves.maxBytes, report.header.providerCount * LEAF_CHARACTERS, report.header.epoch)
    return new Tagged(tagOf(report), async () => ({
      ...report.posted,
      leaves: (await reports.whole(report)).leaves.map(leafJson),
    }))
  })

  add(ENDPOINTS.evidence, async ({ epoch }) => {
    const report = await reports.accepted(epoch)
    return new Tagged(tagOf(report), () => wholeEvidence(node, report))
  })

  add(ENDPOINTS.providerEvidence, async ({ epoch, provider }) => {
    const report = await reports.accepted(epoch)
    return new Tagged(`${tagOf(report)}-${provider}`, async () => {
      const made = await evidence.of(report, provider)
      if (made !== undefined) return made
      throw noLeaf(report, provider)
    })
  })

  add(ENDPOINTS.rewards, async ({ epoch }) => {
    const report = await reports.accepted(epoch)
    const { header, headerHash } = report
    return new Tagged(tagOf(report), async () => {
      const { rewards } = await reports.whole(report)
      return { header, headerHash, rewards: rewards.map(one => ({ ...one, cumulative: one.cumulative.toString() })) }
    })
  })

  add(ENDPOINTS.ballots, async ({ epoch, verifier, provider }) => {
    const report = await reports.accepted(epoch)
    const wanted = report.ballots.filter(one => verifier === undefined || one.verifier === verifier)
    const make = async (): Promise<BallotsJson> => ({
      epoch: report.header.epoch,
      headerHash: report.headerHash,
      ballotSetRoot: report.header.ballotSetRoot,
      ballots: await Promise.all(wanted.map(({ root }) => ballotJson(node, report, root, provider))),
    })
    if (report.ballots.length === 0) throw noBallots(report)
    const votes = provider === undefined ? ((await votesIn(node, wanted)) ?? 0) : wanted.length
    refuseAbove(ENDPOINTS.ballots.maxBytes, votes * VOTE_CHARACTERS, report.header.epoch)
    return new Tagged(`${tagOf(report)}-${verifier ?? ''}-${provider ?? ''}`, make)
  })
}

function stateOf(epoch: number, now: number, events: KnownEvents, held: Accepted | undefined): EpochState {
  if (held !== undefined) return 'certified'
  if (events.postedIn(epoch) !== undefined) return 'unheld'
  if (epoch >= now) return 'measuring'
  return epoch >= now - POSTING_EPOCHS ? 'agreeing' : 'missed'
}

const signerOf = ({ position, index, account }: FrozenVerifier, { posted, ballots }: Accepted) => ({
  ...{ position, index, account },
  signed: !posted.nonSigners.includes(position),
  ballotRoot: ballots.find(({ verifier }) => verifier === index)?.root ?? null,
})

async function ballotJson(
  { store }: Pick<ReportingNode, 'store'>,
  report: Accepted,
  root: Hex,
  provider: Hex | undefined,
): Promise<BallotsJson['ballots'][number]> {
  const { ballots } = store
  const head = await ballots.head(root)
  const votesCast = await ballots.count(root)
  if (head === undefined || votesCast === undefined) throw noBallots(report)
  const one = async () => [await ballots.vote(root, provider!)].filter(vote => vote !== undefined)
  const votes = provider === undefined ? ((await ballots.votes(root)) ?? []) : await one()
  return {
    ...{ verifier: head.verifier, root, signature: toHex(head.signature), votesCast },
    votes: votes.map(decodeVote).map(voteRecordJson),
  }
}

const noBallots = ({ header }: Accepted): Problem =>
  new Problem('not-kept', `This node does not hold the ballots of epoch ${header.epoch}. Ask another verifier.`)

const voteRecordJson = (vote: Vote): VoteRecordJson => ({
  ...vote,
  outcome: OUTCOME_NAME[vote.outcome] ?? null,
  otherOutcome: OUTCOME_NAME[vote.otherOutcome] ?? null,
  ticksSent: word(vote.ticksSent),
  ticksAnswered: word(vote.ticksAnswered),
})

const word = (bits: bigint): Hex => `0x${bits.toString(16).padStart(64, '0')}`
