/** What is fetched again, and what is not, with peers that count how often they are asked. */
import { expect } from 'chai'
import { systemClock } from '../../../../probe/index.js'
import { BallotIndex } from '../../../../proto/ballot-index.js'
import { keccakText } from '../../../../proto/hash.js'
import { fromHex, type Hex } from '../../../../proto/hex.js'
import { SAMPLE_CHAIN, SAMPLE_EPOCHS } from '../../../../verifier/api/test/sample-node.js'
import { decodeCarryOver } from '../../../../verifier/core/scoring/carry-over.js'
import { factsFromJson } from '../../../../verifier/evidence/schema/evidence.js'
import { PROVIDER } from '../../../../verifier/evidence/test/epoch-evidence.js'
import { silent } from '../../../../verifier/net/test/network.js'
import { HeldReports } from '../held-reports.js'
import { ReportFetching } from '../report-fetching.js'

const { evidence, next } = SAMPLE_EPOCHS[0]!
const FIRST = { epoch: 1, headerHash: evidence.headerHash }
const report = {
  ...{ header: evidence.header, headerHash: evidence.headerHash, posted: evidence.posted, rewards: [], isWrong: false },
  ...decodeCarryOver(next.leaves.map(fromHex)),
  ballots: [{ verifier: 0, root: keccakText('ballot') }],
}

const HEAD = {
  ...{ epoch: 1, verifier: 0, root: fromHex(report.ballots[0]!.root) },
  ...{ signature: new Uint8Array(96), schedule: new Uint8Array(96) },
}

describe('fetched reports', () => {
  let held: HeldReports
  let asked: string[]
  let hasBallots: boolean
  let fetching: ReportFetching
  beforeEach(() => {
    ;[asked, hasBallots] = [[], true]
    held = new HeldReports(PROVIDER, () => fetching.latestFacts())
    fetching = new ReportFetching({
      ...{ held, epochNow: () => 2, clock: systemClock, log: silent },
      chain: { ...SAMPLE_CHAIN, factsAt: async () => factsFromJson(evidence.facts) },
      peers: {
        leaves: async (_, take) => {
          asked.push('leaves')
          return take(next.leaves.map(fromHex))!
        },
        rewards: async (_, take) => take([])!,
        ballotSet: async () => {
          asked.push('ballots')
          if (!hasBallots) return undefined
          return report.ballots
        },
        ballot: async () => {
          await held.ballots.putHead(HEAD, BallotIndex.of([]))
          return HEAD
        },
      },
    })
  })

  /** So many other reports. */
  const put = (count: number) => {
    for (let i = 0; i < count; i++) held.putReport({ ...report, headerHash: keccakText(`other ${i}`), ballots: [] })
  }

  it('are fetched once, however many ask at the same time', async () => {
    await Promise.all([fetching.bring(FIRST), fetching.bring(FIRST)])
    await fetching.bring(FIRST)
    expect(asked).to.deep.equal(['leaves', 'ballots'])
  })

  it('are fetched again once others have taken their place, but the leaf of the provider itself stays', async () => {
    await fetching.bring(FIRST)
    expect(await held.ballots.head(report.ballots[0]!.root)).to.equal(HEAD)
    put(8)
    expect(await held.getReport(FIRST.headerHash)).to.equal(undefined)
    expect(await held.ballots.head(report.ballots[0]!.root)).to.equal(undefined)
    const own = await held.leavesOf(PROVIDER, { from: 1, to: 1, limit: 10 })
    expect(own.map(({ headerHash }) => headerHash as Hex)).to.include(FIRST.headerHash)
    await fetching.bring(FIRST)
    expect(asked).to.deep.equal(['leaves', 'ballots', 'leaves', 'ballots'])
  })

  it('are of use without their ballots, which the next request asks for again', async () => {
    hasBallots = false
    await fetching.bring(FIRST)
    expect((await held.getReport(FIRST.headerHash))?.leaves).to.have.lengthOf(1)
    hasBallots = true
    await fetching.bring(FIRST)
    expect((await held.getReport(FIRST.headerHash))?.ballots).to.have.lengthOf(1)
    expect(asked).to.deep.equal(['leaves', 'ballots', 'ballots'])
  })

  it('attack: leaves of another report, and a header that the chain does not hold: nothing is kept', async () => {
    const other = keccakText('another header')
    const failed = await fetching.bring({ epoch: 1, headerHash: other }).catch((error: Error) => error)
    expect(failed).to.have.property('kind', 'not-found')
    expect([asked, await held.getReport(other)]).to.deep.equal([[], undefined])
    const second = SAMPLE_EPOCHS[1]!.evidence
    const wrong = await fetching.bring({ epoch: 2, headerHash: second.headerHash }).catch((error: Error) => error)
    expect(wrong, 'the peers give the leaves of epoch 1').to.have.property('kind', 'peers-silent')
    expect(await held.getReport(second.headerHash)).to.equal(undefined)
  })
})
