/** The work that a report pays for, by a node that did not compute the paid report. */
import { expect } from 'chai'
import { PART_VOTES } from '../../../proto/ballot-index.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { Ballot } from '../../../proto/messages.js'
import { assign } from '../../core/assignment/assign.js'
import { NO_PAID_REPORT, type PaidReport } from '../../core/facts.js'
import { recompute } from '../../evidence/recompute.js'
import { epochOf, honest, NETWORK } from '../../evidence/test/epoch-evidence.js'
import type { VerifierContext } from '../context.js'
import type { Computation, ReadPart } from '../desk/computation.js'
import { PaidWork } from '../paid-work.js'
import type { PeerSync } from '../peer-sync.js'
import { GENESIS_STATE } from '../report-computer.js'
import { openComputation } from './computing.js'

const { evidence } = epochOf(1, honest)
const { facts, params, report } = recompute(evidence)
const { ballotSet } = report
const record = { facts, assignment: assign(facts, params) }
const ballots = new Map(evidence.ballots.map(hex => Ballot.decode(fromHex(hex))).map(one => [toHex(one.root), one]))
const paid: PaidReport = { ...NO_PAID_REPORT, epoch: 1, headerHash: evidence.headerHash }

const ballotParts = (root: Hex): number | undefined => {
  const votes = ballots.get(root)?.votes
  return votes && Math.ceil(votes.length / PART_VOTES)
}

describe('work that is paid', () => {
  let computation: Computation
  let asked = 0
  beforeEach(() => {
    asked = 0
    const readPart: ReadPart = async (root, part) =>
      Buffer.concat(ballots.get(root)!.votes.slice(part * PART_VOTES, (part + 1) * PART_VOTES))
    computation = openComputation(params, { readPart, network: NETWORK })
  })
  afterEach(() => computation.end())

  interface World {
    readonly posted: typeof evidence.posted | undefined
    readonly missing: string
    readonly before: typeof GENESIS_STATE | undefined
  }

  /** @param change what is not as it should be */
  function paidWork(change: Partial<World> = {}): PaidWork {
    const { posted, missing, before }: World = {
      ...{ posted: evidence.posted, missing: '', before: GENESIS_STATE },
      ...change,
    }
    const context = { computation, chain: { posted: async () => posted } as unknown as VerifierContext['chain'] }
    const peers: Pick<PeerSync, 'parts' | 'ballotSet'> = {
      ballotSet: async () => {
        asked++
        return [...ballotSet]
      },
      parts: async ({ root }) => (root === missing ? undefined : ballotParts(root)),
    }
    return new PaidWork(context, { reread: async () => record }, peers, async () => before)
  }

  it('is computed again from ballots of peers, once', async () => {
    const work = paidWork()
    expect(await work.ready(paid)).to.deep.equal([paid.headerHash])
    expect(await work.ready(paid)).to.deep.equal([paid.headerHash])
    expect(asked).to.equal(1)
  })

  it('is remembered by a node that has computed the report', async () => {
    const held = ballotSet.map(entry => ({ ...entry, parts: ballotParts(entry.root)! }))
    const computed = await computation.report({ facts, before: GENESIS_STATE, ballots: held }, [])
    expect(computed!.header).to.deep.equal(report.header)
    expect(await paidWork({ posted: undefined }).ready(paid)).to.deep.equal([paid.headerHash])
    expect(asked).to.equal(0)
  })

  it('is unknown if a ballot or the report before is gone', async () => {
    expect(await paidWork({ missing: ballotSet[2]!.root }).ready(paid)).to.equal(undefined)
    expect(await paidWork({ before: undefined }).ready(paid)).to.equal(undefined)
  })

  it('is unknown if the work of another report that decoys cover is', async () => {
    const covered = [{ epoch: 7, headerHash: ZERO_HASH }]
    expect(await paidWork().ready({ ...paid, covered })).to.equal(undefined)
  })

  it('is none before the first report that is paid', async () => {
    expect(await paidWork().ready(NO_PAID_REPORT)).to.deep.equal([])
  })

  it('attack: a reorganisation that replaces the paid report', async () => {
    expect(await paidWork({ posted: undefined }).ready(paid)).to.equal(undefined)
    expect(await paidWork({ posted: { ...evidence.posted, headerHash: ZERO_HASH } }).ready(paid)).to.equal(undefined)
    expect(asked).to.equal(0)
  })

  it('attack: leaves that were certified, and do not follow from the votes, are not paid', async () => {
    const posted = { ...evidence.posted, header: { ...evidence.header, scoreRoot: ZERO_HASH } }
    expect(await paidWork({ posted }).ready(paid)).to.equal(undefined)
  })
})
