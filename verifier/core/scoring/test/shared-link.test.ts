/**
 * Two providers on one link that carries one claim. Each keeps its claim while the other is idle. Both want to be measured
 * alone: one announces a bogus first address, or shows some receivers the address of another line.
 */
import { expect } from 'chai'
import type { Outcome } from '../../../../probe/index.js'
import { ZERO_HASH } from '../../../../proto/hex.js'
import type { Leaf } from '../../../../proto/leaf.js'
import { assign } from '../../assignment/assign.js'
import type { Session } from '../../assignment/place.js'
import { withLinks } from '../../facts.js'
import { CLAIM_KBPS, evaluateCast, facts, PARAMS, registryIndex } from '../../test/samples.js'
import { NOTHING_CARRIED } from '../carry-over.js'
import type { EvaluateInput } from '../evaluate.js'
import { makeVote } from '../vote.js'

const VERIFIERS = 7
const WINDOWS = 8
/** The report of a window is accepted while the next one runs. So its links count from the window after the next. */
const KNOWN_AFTER = 2
const LINE = '203.0.113.7'
const OTHER_LINE = '198.51.100.9'

/** The provider's address, as a receiver sees it. */
type Shows = (provider: number, receiver: number) => string

const reading = (rateKbps: number): Outcome => {
  const measurement = { rateKbps, goodputKbps: rateKbps, offeredKbps: 2 * CLAIM_KBPS, directKbps: 2 * CLAIM_KBPS }
  return { kind: rateKbps < CLAIM_KBPS ? 'under' : 'verified', measurement } as Outcome
}

/** The leaves of both, window by window. The sessions of one receiver that begin together share the link. */
function windows(shows: Shows): Leaf[][] {
  const reports: Leaf[][] = []
  let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  for (let epoch = 1; epoch <= WINDOWS; epoch++) {
    const chain = withLinks(
      facts({ verifiers: VERIFIERS, providers: 2, epoch, beacon: `${epoch}` }),
      reports[epoch - 1 - KNOWN_AFTER] ?? [],
    )
    const assignment = assign(chain, PARAMS)
    const together = ({ round, receiver }: Session) =>
      assignment.sessions.filter(one => one.round === round && one.receiver === receiver).length
    const voteOf = (session: Session) => {
      const outcome = reading(CLAIM_KBPS / together(session))
      const providerHost = shows(session.providerIndex, session.receiver)
      const given = { epoch, provider: session.provider, receiver: session.receiver, soak: false }
      const evidence = { ...NO_EVIDENCE, providerHost }
      const result = { outcome, evidence }
      return makeVote({ ...given, ...TICKS, result, other: result, second: false })
    }
    const ballots = Array.from({ length: VERIFIERS }, (_, place) => ({
      verifier: registryIndex(place),
      votes: assignment.sessions.filter(({ receiver }) => receiver === registryIndex(place)).map(voteOf),
    }))
    const evaluation = evaluateCast({ params: PARAMS, facts: chain, assignment, previous, ballots })
    previous = { epoch, ...evaluation }
    reports.push([...evaluation.leaves])
  }
  return reports
}

const TICKS = { ticksSent: 1n, ticksAnswered: 1n, scheduleProof: ZERO_HASH }
const NO_EVIDENCE = {
  ...{ sessionId: ZERO_HASH, chunkRoot: ZERO_HASH, keyCommitments: ZERO_HASH, sessionPeers: ZERO_HASH },
  ...{ receiptHead: ZERO_HASH, unverifiableSenders: 0 },
}

const rates = (reports: readonly Leaf[][]) => reports.map(leaves => leaves.map(({ rateKbps }) => rateKbps))
const WHOLE = [CLAIM_KBPS, CLAIM_KBPS]
const HALF = [CLAIM_KBPS / 2, CLAIM_KBPS / 2]
const credited = (joined: readonly number[]) =>
  Array.from({ length: WINDOWS }, (_, i) => (i < KNOWN_AFTER ? WHOLE : joined))

describe('a provider that shares its link', () => {
  it('and announces a bogus first address reads its part from the third window on, and is slashed', () => {
    // What it announces is in no fact and in no vote: both show the address that their data comes from.
    const reports = windows(() => LINE)
    expect(rates(reports)).to.deep.equal(credited(HALF))
    for (const provider of [0, 1]) {
      expect(reports.map(leaves => leaves[provider]!.penaltyBps > 0)).to.deep.equal(
        [0, 0, 0, 0, 1, 0, 0, 1].map(Boolean),
      )
    }
  })

  it('and sends to less than two thirds of its receivers by another line stays in its group', () => {
    const shows: Shows = (provider, receiver) => (provider === 1 && receiver <= registryIndex(2) ? OTHER_LINE : LINE)
    expect(rates(windows(shows))).to.deep.equal(credited(HALF))
  })

  it('and has a second line of its own reads its whole claim, as it should', () => {
    expect(rates(windows(provider => (provider === 1 ? OTHER_LINE : LINE)))).to.deep.equal(credited(WHOLE))
  })
})
