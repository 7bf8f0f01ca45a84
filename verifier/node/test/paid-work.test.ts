/** The work that a report pays for, by a node that did not compute the paid report. */
import { expect } from 'chai'
import { fromHex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { Ballot } from '../../../proto/messages.js'
import { assign } from '../../core/assignment/assign.js'
import { recompute } from '../../evidence/recompute.js'
import { epochOf, honest } from '../../evidence/test/epoch-evidence.js'
import type { VerifierContext } from '../context.js'
import type { Ballots } from '../evaluating.js'
import { PaidWork } from '../paid-work.js'
import type { PeerSync } from '../peer-sync.js'
import { GENESIS_STATE } from '../report-computer.js'

const { evidence } = epochOf(1, honest)
const { facts, params, report, work: expected } = recompute(evidence)
const { ballotSet } = report
const record = { facts, assignment: assign(facts, params) }
const ballots = new Map(evidence.ballots.map(hex => Ballot.decode(fromHex(hex))).map(one => [toHex(one.root), one]))
const paid = { epoch: 1, headerHash: evidence.headerHash, nonSigners: [] }

describe('work that is paid', () => {
  let asked = 0
  beforeEach(() => {
    asked = 0
  })

  interface World {
    readonly posted: typeof evidence.posted | undefined
    readonly missing: string
    readonly lost: string
    readonly before: typeof GENESIS_STATE | undefined
  }

  /** @param change what is not as it should be */
  function paidWork(change: Partial<World> = {}): PaidWork {
    const { posted, missing, lost, before }: World = {
      ...{ posted: evidence.posted, missing: '', lost: '', before: GENESIS_STATE },
      ...change,
    }
    const context = {
      params,
      chain: { posted: async () => posted },
      store: { getReport: async () => undefined },
    } as unknown as VerifierContext
    const peers: Ballots & Pick<PeerSync, 'ballotSet'> = {
      ballotSet: async () => {
        asked++
        return [...ballotSet]
      },
      ballot: async ({ root }) => (root === missing ? undefined : ballots.get(root)),
      ballotVotes: async root => ballots.get(root)?.votes.length,
      ballotPart: async root => (root === lost ? undefined : Buffer.concat(ballots.get(root)!.votes)),
    }
    return new PaidWork(context, { reread: async () => record }, peers, async () => before)
  }

  it('is computed again from ballots of peers, once', async () => {
    const work = paidWork()
    expect(await work.of(paid)).to.deep.equal(expected)
    expect(await work.of(paid)).to.deep.equal(expected)
    expect(asked).to.equal(1)
  })

  it('is remembered by a node that has computed the report', async () => {
    const work = paidWork({ posted: undefined })
    work.keep(paid.headerHash, expected)
    expect(await work.of(paid)).to.equal(expected)
    expect(asked).to.equal(0)
  })

  it('is unknown if a ballot or the report before is gone', async () => {
    expect(await paidWork({ missing: ballotSet[2]!.root }).of(paid)).to.equal(undefined)
    expect(await paidWork({ before: undefined }).of(paid)).to.equal(undefined)
  })

  it('is not computed from what is left of a ballot that is lost meanwhile', async () => {
    const failed = await paidWork({ lost: ballotSet[2]!.root })
      .of(paid)
      .catch(cause => cause)
    expect(failed).to.be.an('error').with.property('message').that.includes('no longer whole')
  })

  it('attack: a reorganisation that replaces the paid report', async () => {
    expect(await paidWork({ posted: undefined }).of(paid)).to.equal(undefined)
    expect(await paidWork({ posted: { ...evidence.posted, headerHash: ZERO_HASH } }).of(paid)).to.equal(undefined)
    expect(asked).to.equal(0)
  })

  it('attack: leaves that were certified, and do not follow from the votes, are not paid', async () => {
    const posted = { ...evidence.posted, header: { ...evidence.header, scoreRoot: ZERO_HASH } }
    expect(await paidWork({ posted }).of(paid)).to.equal(undefined)
  })
})
