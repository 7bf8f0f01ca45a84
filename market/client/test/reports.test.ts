/** What a client believes of scores: leaves from verifiers that have the root of a real chain, and nothing else. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemRandom } from '../../../probe/index.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { encodeLeafState } from '../../../proto/leaf-state.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import { postOfferCall } from '../../../verifier/chain/offers.js'
import { type Certified, PARAMS, postTo, useLiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { type Items, type SyncSource, serveSync } from '../../../verifier/net/sync.js'
import { addressOf, forStrangers, silent, startPeer } from '../../../verifier/net/test/network.js'
import { Directory } from '../../../verifier/node/directory.js'
import { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { ChannelOffice } from '../channel-office.js'
import { Purse } from '../purse.js'
import { Reports } from '../reports.js'
import { channelsFrom } from '../shown-channels.js'

const none = async () => undefined
const sourceOf = (leaves: () => Promise<Items | undefined>): SyncSource => ({
  ...{ leaves, ballot: none, ballotPart: none, rewards: none, ballotSet: none, transcript: none },
  gossip: async () => [],
})
const encoded = (leaves: readonly Leaf[]) =>
  leaves.map(leaf => encodeLeafState({ leaf, soakVotes: [], window: undefined }))

describe('the reports of a client', () => {
  const net = useLiveNetwork()
  let life: Lifecycle
  beforeEach(() => {
    life = new Lifecycle()
  })
  afterEach(() => life.stop())

  /** Verifiers that answer with these leaves, and a client that may ask them. */
  async function reportsOf(...answers: (readonly Leaf[])[]): Promise<Reports> {
    for (const [i, leaves] of answers.entries()) {
      const peer = await life.open(startPeer(i), one => one.stop())
      await serveSync(
        peer,
        sourceOf(async () => encoded(leaves)),
        forStrangers(),
      )
      const announcer = await life.open(net.live.connectAs(`v${i}`), one => one.close())
      const { peerId, multiaddrs } = addressOf(peer)
      expect((await announcer.announce('verifier', peerId, multiaddrs)).kind).to.equal('done')
    }
    const chain = await life.open(net.live.connectAsReader(), one => one.close())
    return new Reports({
      ...{ chain, params: PARAMS, directory: new Directory(chain, silent), random: systemRandom },
      ...{ stopping: life.stopping, log: silent },
    })
  }

  /** A certified report in which all providers have a tier. */
  async function report(epoch: number, previous: Hex, tier: number): Promise<Certified> {
    const facts = await net.live.runTo(epoch)
    const { header, leaves } = net.live.certify(facts, previous)
    const own = leaves.map(leaf => ({ ...leaf, tier }))
    const { root: scoreRoot } = new MerkleTree(own.map(encodeLeaf))
    return net.live.certifyHeader(facts, { ...header, scoreRoot }, own)
  }

  it('are none before the first one, and then the scores under the root of the chain', async () => {
    const certified = await report(1, ZERO_HASH, 2)
    const reports = await reportsOf(certified.leaves)
    await reports.look()
    expect(reports.scores.size).to.equal(0)
    await postTo(net.chain, certified)
    await reports.look()
    expect([...reports.scores]).to.deep.equal(
      certified.leaves.map(({ provider, scoreBps, tier }) => [provider, { scoreBps, tier }]),
    )
  })

  it('attack: better leaves, fewer or none are refused, and the next verifier is asked', async () => {
    const certified = await report(1, ZERO_HASH, 1)
    const better = certified.leaves.map(leaf => ({ ...leaf, scoreBps: 10_000, tier: 3 }))
    await postTo(net.chain, certified)
    const liars = await reportsOf(better, certified.leaves.slice(1), [])
    const error = await liars.look().catch((cause: Error) => cause)
    expect(error).to.be.an('error')
    expect(liars.scores.size, 'no score rather than a wrong one').to.equal(0)
    const reports = await reportsOf(better, certified.leaves)
    await reports.look()
    expect(reports.scores.get(certified.leaves[0]!.provider)).to.deep.equal({
      ...{ scoreBps: certified.leaves[0]!.scoreBps, tier: 1 },
    })
  })

  it('prove a tier to the escrow, which opens a channel for priority', async () => {
    const certified = await report(1, ZERO_HASH, 2)
    await postTo(net.chain, certified)
    const reports = await reportsOf(certified.leaves)
    await reports.look()
    const payee = await life.open(net.live.connectAs('p1'), one => one.close())
    const terms = { price: 1n, premiumPrice: 2n, laneKbps: 0, lanePrice: 0n, exit: undefined }
    await payee.sender!.send(postOfferCall(payee.context, terms))
    const { anvil, setup } = net.live
    const payer = await life.open(
      connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey: anvil.accounts[0]!.privateKey }),
      one => one.close(),
    )
    const folder = await mkdtemp(join(tmpdir(), 'bandwitness-premium-'))
    await life.open(folder, one => rm(one, { recursive: true }))
    const purse = await life.open(Purse.open(join(folder, 'purse'), payer.network), one => one.close())
    const office = new ChannelOffice({
      ...{
        chain: payer,
        purse,
        random: systemRandom,
        log: silent,
        premiumProofOf: account => reports.proofOf(account),
      },
      terms: { deposit: 10n, budget: 100n, maxPrice: 2n },
    })
    await office.look()
    const relay = await office.channelTo(payee.account!, 'relay')
    expect([relay.isPremium, relay.channel.price]).to.deep.equal([true, 2n])
    const exit = await office.channelTo(payee.account!, 'exit')
    expect([exit.isPremium, exit.channel.price], 'an exit has one class').to.deep.equal([false, 1n])
    const shown = await channelsFrom(payer, payer.account!)
    expect(shown.map(({ id, isPremium }) => [id, isPremium])).to.deep.equal([
      [relay.id, true],
      [exit.id, false],
    ])
    const unproven = await office.channelTo(payer.account!, 'relay').catch((cause: Error) => cause.message)
    expect(unproven).to.include('no late report shows its tier')
    expect(reports.proofOf(payer.account!), 'of an account that is in no report').to.equal(undefined)
  })
})
