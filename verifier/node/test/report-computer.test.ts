/** When a verifier computes a report anew. What the report holds is tested with the rules. */
import { expect } from 'chai'
import type { NetworkId } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET } from '../../../proto/params.js'
import { assign } from '../../core/assignment/assign.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../core/facts.js'
import { GENESIS_STATE, ReportComputer } from '../report-computer.js'

const network: NetworkId = { chainId: 31_337, contract: `0x${'ab'.repeat(20)}` }
const facts: ChainFacts = {
  ...{ era: 1, epoch: 1, blockNumber: 10, blockHash: keccakText('B(1)'), beacon: keccakText('beacon') },
  ...{ windowBeacon: keccakText('beacon'), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
  ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n, providers: [] },
  verifiers: [0, 1, 2, 3].map(index => ({
    ...{ index, position: index, capacityKbps: 1_000_000 },
    account: `0x${`0${index}`.repeat(20)}` as Hex,
    blsKey: `0x${'11'.repeat(128)}` as Hex,
  })),
}
const BALLOT = { verifier: 1, root: keccakText('a ballot that nobody has') }

describe('a report', () => {
  let record: { facts: ChainFacts; assignment: ReturnType<typeof assign> }
  let computed: number
  let asked: number
  let computer: ReportComputer
  beforeEach(() => {
    record = { facts, assignment: assign(facts, DEVNET) }
    computed = 0
    asked = 0
    computer = new ReportComputer(
      { network, params: DEVNET },
      { reread: async () => record, readAfresh: async () => record },
      {
        ballot: async () => {
          asked++
          return undefined
        },
        ballotVotes: async () => undefined,
        ballotPart: async () => undefined,
      },
      {
        of: async () => undefined,
        keep: () => {
          computed++
        },
      },
    )
  })

  it('is computed once for all leaders that propose the same ballots', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => computer.compute(1, GENESIS_STATE, [])))
    expect(first).to.not.equal(undefined)
    expect(second).to.equal(first)
    expect(await computer.compute(1, GENESIS_STATE, [])).to.equal(first)
    expect(computed).to.equal(1)
  })

  it('is computed anew upon another report, and upon another B(e)', async () => {
    const first = await computer.compute(1, GENESIS_STATE, [])
    const upon = await computer.compute(1, { ...GENESIS_STATE, headerHash: keccakText('another') }, [])
    expect(upon!.header.previousHeader).to.not.equal(first!.header.previousHeader)
    record = { ...record, facts: { ...facts, blockHash: keccakText('another B(1)') } }
    const moved = await computer.compute(1, GENESIS_STATE, [])
    expect(moved!.header.blockHash).to.equal(record.facts.blockHash)
    expect(computed).to.equal(3)
  })

  it('is tried again if a ballot was missing', async () => {
    expect(await computer.compute(1, GENESIS_STATE, [BALLOT])).to.equal(undefined)
    expect(await computer.compute(1, GENESIS_STATE, [BALLOT])).to.equal(undefined)
    expect(asked).to.equal(2)
  })
})
