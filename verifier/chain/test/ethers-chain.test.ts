import { expect } from 'chai'
import { beaconOf } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { PROVIDER_STAKE, peerIdOf } from '../../../testnet/network/setup.js'
import { blockAt } from '../block-search.js'
import { PARAMS, useLiveNetwork } from './live-network.js'

describe('chain adapter', () => {
  const net = useLiveNetwork()

  describe('facts', () => {
    it('has no clock and no facts before the start, and a clock after it', async () => {
      expect(await net.chain.clock()).to.equal(undefined)
      expect(await net.chain.factsAt(1)).to.equal(undefined)
      const genesis = await net.live.startEpochs()
      expect(await net.chain.clock()).to.deep.equal({
        genesisMs: genesis * 1000,
        epochMs: PARAMS.epochSeconds * 1000,
        eraEpochs: PARAMS.eraEpochs,
      })
    })

    it('knows B(e) only once a block at or after the epoch start exists', async () => {
      const genesis = await net.live.startEpochs()
      expect(await net.chain.factsAt(1)).to.equal(undefined)
      await net.live.mineAt(genesis - 1)
      expect(await net.chain.factsAt(1)).to.equal(undefined)
      const last = await blockAt(net.chain.context.provider, 'latest')
      await net.live.mineAt(genesis)
      const facts = await net.chain.factsAt(1)
      expect(facts).to.include({ era: 1, epoch: 1, blockNumber: last.number, blockHash: last.hash })
      expect(facts?.beacon).to.equal(beaconOf(last.prevRandao as `0x${string}`, 1))
    })

    it('names the frozen set and the providers, ascending by index', async () => {
      const facts = await net.live.runTo(1)
      const { verifiers, providers } = net.live.setup
      expect(facts.verifiers.map(({ index, account }) => ({ index, account }))).to.deep.equal(
        verifiers.map(({ index, account }) => ({ index, account })).sort((a, b) => a.index - b.index),
      )
      expect(
        facts.verifiers.every(({ blsKey, capacityKbps }) => blsKey.length === 258 && capacityKbps === 100_000),
      ).to.equal(true)
      expect(facts.providers.map(({ index, account }) => ({ index, account }))).to.deep.equal(
        providers.map(({ index, account }) => ({ index, account })).sort((a, b) => a.index - b.index),
      )
      expect(facts.providers[0]).to.include({ claimKbps: 25_000, stake: PROVIDER_STAKE })
    })

    it('stays the same for an epoch, whatever comes later', async () => {
      const facts = await net.live.runTo(1)
      await net.live.runTo(3)
      expect(await net.chain.factsAt(1)).to.deep.equal(facts)
      expect(await net.chain.isBlockOf(1, facts)).to.equal(true)
      expect(await net.chain.isBlockOf(2, facts)).to.equal(false)
      expect(await net.chain.isBlockOf(1, { ...facts, blockHash: keccakText('another block') })).to.equal(false)
    })

    it('follows a reorganisation', async () => {
      await net.live.startEpochs()
      const before = await net.live.snapshot()
      const facts = await net.live.runTo(1)
      await net.live.revert(before)
      await net.live.mineAt((await net.live.now()) + 1)
      const other = await net.live.runTo(1)
      expect(other.blockNumber).to.be.greaterThan(facts.blockNumber)
      expect(other.beacon).not.to.equal(facts.beacon)
      // Its block is on the chain still, but is not the last one before the epoch any more.
      expect((await net.chain.context.provider.getBlock(facts.blockNumber))?.hash).to.equal(facts.blockHash)
      expect(await net.chain.isBlockOf(1, facts)).to.equal(false)
      expect(await net.chain.isBlockOf(1, other)).to.equal(true)
    })
  })

  describe('registrations', () => {
    it('knows who is registered, and who is not', async () => {
      const [verifier] = net.live.setup.verifiers
      const [provider] = net.live.setup.providers
      expect(await net.chain.verifierIndex(verifier!.account)).to.equal(verifier!.index)
      expect(await net.chain.verifierIndex(provider!.account)).to.equal(undefined)
      expect(await net.chain.provider(provider!.account)).to.include({ index: provider!.index, claimKbps: 25_000 })
      expect(await net.chain.provider(verifier!.account)).to.equal(undefined)
    })
  })

  describe('sending', () => {
    it('gives each of several calls at once its own nonce', async () => {
      const [verifier] = net.live.setup.verifiers
      const results = await Promise.all([
        net.chain.announce('verifier', 'peer-1', ['/ip4/127.0.0.1/tcp/1']),
        net.chain.announce('verifier', 'peer-2', ['/ip4/127.0.0.1/tcp/2']),
        net.chain.announce('verifier', 'peer-3', ['/ip4/127.0.0.1/tcp/3', '/ip4/127.0.0.1/tcp/4']),
      ])
      expect(results.map(({ kind }) => kind)).to.deep.equal(['done', 'done', 'done'])
      expect(await net.chain.announcements()).to.deep.equal([
        {
          role: 'verifier',
          index: verifier!.index,
          account: verifier!.account,
          peerId: 'peer-3',
          multiaddrs: ['/ip4/127.0.0.1/tcp/3', '/ip4/127.0.0.1/tcp/4'],
        },
      ])
    })

    it('lets a provider announce the peer that it registered, and no other', async () => {
      const provider = await net.live.connectAs('p0')
      try {
        const peerId = await peerIdOf(net.live.keys.p0!)
        expect((await provider.announce('provider', peerId, [])).kind).to.equal('done')
        expect((await provider.announce('provider', 'another', [])).kind).to.equal('rejected')
        expect((await net.chain.announcements()).map(({ role, peerId }) => ({ role, peerId }))).to.deep.equal([
          { role: 'provider', peerId },
        ])
      } finally {
        provider.close()
      }
    })

    it('lists every announcement that was in force at some time in an epoch', async () => {
      await net.chain.announce('verifier', 'peer-1', [])
      await net.chain.announce('verifier', 'peer-2', [])
      await net.live.runTo(1)
      await net.chain.announce('verifier', 'peer-3', []) // in epoch 2
      await net.live.runTo(2)
      await net.chain.announce('verifier', 'peer-4', [])
      const peersIn = async (epoch: number) => (await net.chain.announcedIn(epoch)).map(({ peerId }) => peerId)
      expect(await peersIn(1)).to.deep.equal(['peer-2'])
      expect(await peersIn(2)).to.deep.equal(['peer-2', 'peer-3'])
      expect(await peersIn(3)).to.deep.equal(['peer-3', 'peer-4'])
      expect(await peersIn(4)).to.deep.equal([])
    })

    it('rejects without a key', async () => {
      const reader = await net.live.connectAsReader()
      expect(await reader.freeze(2)).to.include({ kind: 'rejected' })
      expect(reader.account).to.equal(undefined)
      reader.close()
    })

    it('goes on after a reorganisation took its transactions back', async () => {
      const before = await net.live.snapshot()
      await net.chain.announce('verifier', 'peer-1', [])
      await net.chain.announce('verifier', 'peer-2', [])
      await net.live.revert(before)
      expect((await net.chain.announce('verifier', 'peer-3', [])).kind).to.equal('done')
      expect((await net.chain.announcements()).map(({ peerId }) => peerId)).to.deep.equal(['peer-3'])
    })
  })
})
