/** What deviating verifiers send, held against the checks of an honest node. */
import { expect } from 'chai'
import { decodeHeader } from '../../../proto/header.js'
import { Ballot, Commit, GossipItem, MessageError, Proposal } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { decodeVote, OUTCOME } from '../../../proto/vote.js'
import { account, vote } from '../../../verifier/core/test/samples.js'
import { decodeGossip } from '../../../verifier/net/gossip-messages.js'
import { type SyncSource, serveSync } from '../../../verifier/net/sync.js'
import { addressOf, forStrangers, withPeers } from '../../../verifier/net/test/network.js'
import type { AcceptedReports } from '../../../verifier/node/accepted-reports.js'
import { gossipFault } from '../../../verifier/node/gossip-checks.js'
import { Proposals } from '../../../verifier/node/proposals.js'
import { GENESIS_STATE, type ReportComputer } from '../../../verifier/node/report-computer.js'
import {
  bls,
  commit,
  EPOCH,
  epochs,
  facts,
  header,
  leader,
  list,
  network,
  PROVIDERS,
  proposal,
  signers,
  votedBallot,
} from '../../../verifier/node/test/gossip-samples.js'
import { wrongProposal } from '../verifiers/bad-leader.js'
import { votesFrom, withReadings } from '../verifiers/copycat.js'
import { spamOf } from '../verifiers/spammer.js'

const context = { bls: { verifier: bls, signer: signers[0]! }, network, epochs, params: DEVNET }

describe('a leader that proposes wrongly', () => {
  const right = proposal([list(0), list(1), list(2)])
  const wrongIn = (epoch: number) =>
    wrongProposal(
      network,
      { eraEpochs: EPOCH },
      signers[leader(0)]!,
      Proposal.encode({ ...Proposal.decode(right), epoch }),
    )

  it('changes scores so that only who computes the report finds out, and refuses it', async () => {
    const wrong = wrongIn(EPOCH)!
    expect(await gossipFault(context, facts, decodeGossip('proposal', wrong))).to.equal(undefined)
    const [was, is] = [right, wrong].map(bytes => decodeHeader(Proposal.decode(bytes).header))
    expect(is)
      .to.deep.equal({ ...was, scoreRoot: is!.scoreRoot })
      .and.not.deep.equal(was)
    const accepted = { current: async () => GENESIS_STATE, keep: async () => {} } as unknown as AcceptedReports
    const computer = { compute: async () => ({ header, ballotSet: [] }) } as unknown as ReportComputer
    const proposals = new Proposals(context, facts, accepted, computer)
    expect(await proposals.check(Proposal.decode(right))).to.include({ ok: true })
    expect(await proposals.check(Proposal.decode(wrong))).to.include({
      ok: false,
      reason: 'its header differs from the one that follows from its ballots, in scoreRoot',
    })
  })

  it('leaves out a ballot that its lists name, which every node sees at once', async () => {
    const wrong = Proposal.decode(wrongIn(EPOCH + 1)!)
    const heard = decodeGossip('proposal', Proposal.encode({ ...wrong, epoch: EPOCH }))
    expect(await gossipFault(context, facts, heard)).to.be.a('string')
    expect(decodeHeader(wrong.header).ballotSetRoot).not.to.equal(
      decodeHeader(Proposal.decode(right).header).ballotSetRoot,
    )
  })

  it('proposes nothing in the third epoch', () => expect(wrongIn(EPOCH + 2)).to.equal(undefined))
})

describe('a verifier that floods gossip', () => {
  const ballots = [votedBallot(1, PROVIDERS), votedBallot(2, PROVIDERS)]
  const signature = signers[3]!.sign(facts.beacon)
  const flood = Array.from({ length: 120 }, (_, i) =>
    spamOf(i, { epoch: EPOCH, verifiers: facts.verifiers.map(({ index }) => index), ballots, signature }),
  )

  it('says nothing twice, so that no cache of seen messages helps', () =>
    expect(new Set(flood.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).to.equal(flood.length))

  it('says nothing that a node takes', async () => {
    for (const { kind, bytes } of flood) {
      if (kind === 'proposal') expect(() => decodeGossip(kind, bytes)).to.throw(MessageError)
      else if (kind === 'commit' && Commit.decode(bytes).epoch !== EPOCH)
        continue // too early for any check
      else expect(await gossipFault(context, facts, decodeGossip(kind, bytes))).to.be.a('string')
    }
  })

  it('strips ballots that were revealed, and makes each as often as it likes', () => {
    const stripped = flood.filter(({ kind }) => kind === 'ballot').map(({ bytes }) => Ballot.decode(bytes))
    expect(stripped).to.have.length.greaterThan(20)
    for (const { root, votes } of stripped) {
      expect(votes).to.deep.equal([])
      expect(ballots.some(one => Buffer.compare(one.root, root) === 0)).to.equal(true)
    }
  })
})

describe('a verifier that copies', () => {
  it('would read the votes of a peer that shows them too early', () =>
    withPeers(2, async (careless, copycat) => {
      const ballot = votedBallot(1, PROVIDERS)
      const shown = [
        { kind: 'ballot', data: Ballot.encode(ballot) },
        { kind: 'commit', data: commit(2) },
      ]
      const source = { gossip: async () => shown.map(GossipItem.encode) } as unknown as SyncSource
      await serveSync(careless!, source, forStrangers())
      const read = await votesFrom(copycat!, addressOf(careless!), { gossip: EPOCH }, AbortSignal.timeout(60_000))
      expect(read).to.deep.equal(ballot.votes.map(decodeVote))
    }))

  it('votes the readings that it got as its own, and its own vote where it got none', () => {
    const [first, second] = [account('provider 0'), account('provider 1')]
    const own = [first, second].map(provider => vote(7, OUTCOME.verified, 25_000, { provider }))
    const read = [
      vote(3, OUTCOME.under, 2_500, { provider: first }),
      vote(7, OUTCOME.verified, 1, { provider: second }),
    ]
    const votes = withReadings(own, read, length => new Uint8Array(length).fill(1))
    expect(votes[0]).to.include({ receiver: 7, outcome: OUTCOME.under, rateKbps: 2_500 })
    expect(votes[1]).to.equal(own[1])
  })
})
