/** Which ballots a node needs to refute a penalty of a long window. That the contract takes it is tested with the chain. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeafState } from '../../../proto/leaf-state.js'
import { OUTCOME } from '../../../proto/vote.js'
import { assign } from '../../core/assignment/assign.js'
import type { PostedReport, Refutation } from '../../core/ports.js'
import { NOTHING_CARRIED } from '../../core/scoring/carry-over.js'
import { leafTree } from '../../core/scoring/report.js'
import { account, CLAIM_KBPS, evaluateCast, facts as factsOf, PARAMS, vote } from '../../core/test/samples.js'
import { silent } from '../../net/test/network.js'
import type { VerifierContext } from '../context.js'
import { Refuting } from '../refuting.js'

const W = 3
const VERIFIERS = 7
const PROVIDER = account('provider 0')
const params = { ...PARAMS, windowEpochs: W, eraEpochs: 6, epochSeconds: 60 }
const rootOf = (epoch: number, verifier: number): Hex => keccakText(`ballot ${epoch} ${verifier}`)

describe('a node that refutes a penalty of a window of three epochs', () => {
  const records = [1, 2, 3].map(epoch => {
    const facts = { ...factsOf({ verifiers: VERIFIERS, providers: 1, epoch }), windowBeacon: keccakText('window') }
    return { facts, assignment: assign(facts, params) }
  })
  const assigned = records[0]!.assignment.assignedOf(PROVIDER)
  const [leaf] = evaluateCast({
    ...{ params, ...records[2]!, ballots: [], previous: { epoch: 0, ...NOTHING_CARRIED } },
  }).leaves
  const forged = { ...leaf!, penaltyBps: 1000 }
  const reports = records.map(({ facts: { epoch } }): PostedReport => {
    const header = {
      ...{ era: 1, epoch, blockNumber: epoch, blockHash: ZERO_HASH, previousHeader: keccakText(`header ${epoch - 1}`) },
      ...{ scoreRoot: leafTree([forged]).root, ballotSetRoot: ZERO_HASH, rewardsRoot: ZERO_HASH, providerCount: 1 },
      commonFailure: false,
    }
    const headerHash = keccakText(`header ${epoch}`)
    return { header, headerHash, round: 0, nonSigners: [], txHash: ZERO_HASH, blockNumber: epoch, gasUsed: 1 }
  })

  /** @param missing the verifier whose ballot nobody has */
  async function refuted(missing?: number): Promise<{ sent: Refutation[]; asked: string[] }> {
    const [sent, asked]: [Refutation[], string[]] = [[], []]
    const context = {
      ...{ params, log: silent, stopping: new AbortController().signal, fail: expect.fail },
      store: { getReport: async () => undefined },
      chain: {
        isFinal: async () => false,
        posted: async (epoch: number) => reports[epoch - 1],
        tip: async () => ({ epoch: 3, headerHash: reports[2]!.headerHash }),
      },
    } as unknown as VerifierContext
    await new Refuting(context, {
      epochFacts: { get: async epoch => records[epoch - 1]! },
      transmission: { refute: async refutation => void sent.push(refutation) },
      peers: {
        leaves: async (_, take) => take([encodeLeafState({ leaf: forged, soakVotes: [], window: undefined })])!,
        ballotSet: async ({ header }) =>
          records[0]!.facts.verifiers.map(({ index }) => ({ verifier: index, root: rootOf(header.epoch, index) })),
        ballot: async ({ verifier, root }, { epoch }) => {
          asked.push(`${epoch} ${verifier}`)
          const signatures = { signature: new Uint8Array(96), schedule: new Uint8Array(96) }
          return verifier === missing ? undefined : { epoch, verifier, root: fromHex(root), ...signatures }
        },
        ballotVote: async (root, provider) => {
          const { receiver, epoch } = assigned.find(one => rootOf(one.epoch, one.receiver) === root)!
          const cast = vote(receiver, OUTCOME.verified, CLAIM_KBPS, { epoch, provider })
          return { vote: cast, proof: [keccakText(`proof ${receiver}`)] }
        },
      },
    }).refute(reports[2]!)
    return { sent, asked }
  }

  it('fetches one ballot of each receiver, of the epoch in which it was due, and no other', async () => {
    const { sent, asked } = await refuted()
    expect(assigned).to.have.length(VERIFIERS)
    expect(asked.sort()).to.deep.equal(assigned.map(({ receiver, epoch }) => `${epoch} ${receiver}`).sort())
    const opened = sent.flatMap(({ headers, votes }) =>
      votes.map(one => [headers[one.header]!.epoch, one.vote.receiver, one.ballotProof[0]]),
    )
    const due = assigned.map(({ receiver, epoch }) => [epoch, receiver, keccakText(`proof ${receiver}`)])
    expect(opened).to.have.deep.members(due)
    expect(sent[0]).to.deep.include({ leaf: forged, previousEpoch: 2, assigned: VERIFIERS })
  })

  it('attack: a captured set hides the ballot of one receiver, and the others’ votes are enough', async () => {
    const { receiver } = assigned[0]!
    const { sent } = await refuted(receiver)
    expect(sent).to.have.length(1)
    const receivers = sent[0]!.votes.map(one => one.vote.receiver)
    expect(receivers)
      .to.have.length(VERIFIERS - 1)
      .and.not.include(receiver)
  })
})
