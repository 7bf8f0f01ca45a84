import { expect } from 'chai'
import { type TransactionRequest, Wallet } from 'ethers'
import { beaconOf } from '../../../proto/digests.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import { PROVIDER_STAKE, peerIdOf } from '../../../testnet/network/setup.js'
import { blockAt } from '../block-search.js'
import { EthersChain } from '../ethers-chain.js'
import { Sender } from '../sender.js'
import { LiveNetwork, PARAMS, postTo } from './live-network.js'

describe('chain adapter', function () {
  this.timeout(60_000)
  let live: LiveNetwork
  let chain: EthersChain
  let snapshot: unknown

  before(async () => {
    live = await LiveNetwork.start()
    chain = live.chain
  })
  after(() => live?.stop())
  beforeEach(async () => {
    snapshot = await live.rpc('evm_snapshot')
  })
  afterEach(() => live.rpc('evm_revert', [snapshot]))

  /** Runs into the agree phase of an epoch: its B(e) and its end are mined. */
  const runTo = async (epoch: number) => {
    if (!(await chain.clock())) await live.startEpochs()
    for (const start of [await live.epochStart(epoch), await live.epochStart(epoch + 1)]) {
      if ((await live.now()) < start) await live.mineAt(start + 1)
    }
    const facts = await chain.factsAt(epoch)
    if (!facts) throw new Error(`no facts at epoch ${epoch}`)
    return facts
  }

  describe('facts', () => {
    it('has no clock and no facts before the start, and a clock after it', async () => {
      expect(await chain.clock()).to.equal(undefined)
      expect(await chain.factsAt(1)).to.equal(undefined)
      const genesis = await live.startEpochs()
      expect(await chain.clock()).to.deep.equal({
        genesisMs: genesis * 1000,
        epochMs: PARAMS.epochSeconds * 1000,
        eraEpochs: PARAMS.eraEpochs,
      })
    })

    it('knows B(e) only once a block at or after the epoch start exists', async () => {
      const genesis = await live.startEpochs()
      expect(await chain.factsAt(1)).to.equal(undefined)
      await live.mineAt(genesis - 1)
      expect(await chain.factsAt(1)).to.equal(undefined)
      const last = await blockAt(chain.context.provider, 'latest')
      await live.mineAt(genesis)
      const facts = await chain.factsAt(1)
      expect(facts).to.include({ era: 1, epoch: 1, blockNumber: last.number, blockHash: last.hash })
      expect(facts?.beacon).to.equal(beaconOf(last.prevRandao as `0x${string}`, 1))
    })

    it('names the frozen set and the providers, ascending by index', async () => {
      const facts = await runTo(1)
      const { verifiers, providers } = live.setup
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
      const facts = await runTo(1)
      await runTo(3)
      expect(await chain.factsAt(1)).to.deep.equal(facts)
    })

    it('follows a reorganisation', async () => {
      await live.startEpochs()
      const before = await live.rpc('evm_snapshot')
      const facts = await runTo(1)
      await live.rpc('evm_revert', [before])
      await live.mineAt((await live.now()) + 1)
      const other = await runTo(1)
      expect(other.blockNumber).to.be.greaterThan(facts.blockNumber)
      expect(other.beacon).not.to.equal(facts.beacon)
    })
  })

  describe('registrations', () => {
    it('knows who is registered, and who is not', async () => {
      const [verifier] = live.setup.verifiers
      const [provider] = live.setup.providers
      expect(await chain.verifierIndex(verifier!.account)).to.equal(verifier!.index)
      expect(await chain.verifierIndex(provider!.account)).to.equal(undefined)
      expect(await chain.provider(provider!.account)).to.include({ index: provider!.index, claimKbps: 25_000 })
      expect(await chain.provider(verifier!.account)).to.equal(undefined)
    })
  })

  describe('reports', () => {
    it('starts with no report', async () => {
      expect(await chain.tip()).to.deep.equal({ epoch: 0, headerHash: ZERO_HASH })
      expect(await chain.posted(1)).to.equal(undefined)
    })

    it('posts a certified report and reads it back', async () => {
      const certified = live.certify(await runTo(1), ZERO_HASH, 2, [0, 2, 3])
      const result = await postTo(chain, certified)
      if (result.kind !== 'done') throw new Error(JSON.stringify(result))
      const { header, headerHash } = certified
      expect(await chain.tip()).to.deep.equal({ epoch: 1, headerHash })
      const posted = await chain.posted(1)
      const { txHash, gasUsed } = result
      expect(posted).to.deep.include({ header, headerHash, round: 2, nonSigners: [1], txHash, gasUsed })
    })

    it('says already to whoever comes second', async () => {
      const facts = await runTo(1)
      await postTo(chain, live.certify(facts, ZERO_HASH, 0))
      expect(await postTo(chain, live.certify(facts, ZERO_HASH, 1))).to.deep.equal({ kind: 'already' })
    })

    it('says why a report is rejected', async () => {
      const certified = live.certify(await runTo(1), ZERO_HASH)
      const result = await postTo(chain, { ...certified, round: 1 })
      expect(result).to.include({ kind: 'rejected' })
      expect(result)
        .to.have.property('reason')
        .that.matches(/^[A-Z]\w+(\(.*\))?$/)
    })

    it('is already for the loser of a race within one block', async () => {
      const facts = await runTo(1)
      const gate = Promise.withResolvers<void>()
      const wallet = new GatedWallet(live.keys.v1!.evm, gate.promise)
      const loser = new EthersChain(chain.context, new Sender(chain.context, wallet, chain.sender!.errors))
      await live.rpc('evm_setAutomine', [false])
      try {
        const second = postTo(loser, live.certify(facts, ZERO_HASH, 1))
        await wallet.asked // it has found nothing against posting
        const first = postTo(chain, live.certify(facts, ZERO_HASH, 0))
        await live.pending(1)
        gate.resolve()
        await live.pending(2)
        await live.rpc('evm_mine')
        expect((await first).kind).to.equal('done')
        expect(await second).to.deep.equal({ kind: 'already' })
        expect((await chain.posted(1))?.round).to.equal(0)
      } finally {
        await live.rpc('evm_setAutomine', [true])
      }
    })

    it('sees a rival whose transaction waits to be mined', async () => {
      const facts = await runTo(1)
      await live.rpc('evm_setAutomine', [false])
      const rival = await live.connectAs('v1')
      try {
        const first = postTo(rival, live.certify(facts, ZERO_HASH, 1))
        await live.pending(1)
        expect(await postTo(chain, live.certify(facts, ZERO_HASH, 0))).to.deep.equal({ kind: 'already' })
        await live.rpc('evm_mine')
        expect((await first).kind).to.equal('done')
      } finally {
        await live.rpc('evm_setAutomine', [true])
        rival.close()
      }
    })

    it('says why a transaction was mined and yet reverted', async () => {
      const facts = await runTo(1)
      await live.rpc('evm_setAutomine', [false])
      try {
        const late = postTo(chain, live.certify(facts, ZERO_HASH))
        await live.pending(1)
        await live.mineAt(await live.epochStart(4)) // no report of epoch 1 is taken any more
        expect(await late).to.include({ kind: 'rejected' })
        expect(await chain.posted(1)).to.equal(undefined)
      } finally {
        await live.rpc('evm_setAutomine', [true])
      }
    })

    it('says the new truth after a reorganisation', async () => {
      const facts = await runTo(1)
      const before = await live.rpc('evm_snapshot')
      const first = live.certify(facts, ZERO_HASH, 0)
      await postTo(chain, first)
      expect((await chain.tip()).headerHash).to.equal(first.headerHash)
      await live.rpc('evm_revert', [before])
      expect(await chain.tip()).to.deep.equal({ epoch: 0, headerHash: ZERO_HASH })
      expect(await chain.posted(1)).to.equal(undefined)
      expect((await postTo(chain, live.certify(facts, ZERO_HASH, 1))).kind).to.equal('done')
      expect((await chain.posted(1))?.round).to.equal(1)
    })
  })
  describe('sending', () => {
    it('gives each of several calls at once its own nonce', async () => {
      const [verifier] = live.setup.verifiers
      const results = await Promise.all([
        chain.announce('verifier', 'peer-1', ['/ip4/127.0.0.1/tcp/1']),
        chain.announce('verifier', 'peer-2', ['/ip4/127.0.0.1/tcp/2']),
        chain.announce('verifier', 'peer-3', ['/ip4/127.0.0.1/tcp/3', '/ip4/127.0.0.1/tcp/4']),
      ])
      expect(results.map(({ kind }) => kind)).to.deep.equal(['done', 'done', 'done'])
      expect(await chain.announcements()).to.deep.equal([
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
      const provider = await live.connectAs('p0')
      try {
        const peerId = await peerIdOf(live.keys.p0!)
        expect((await provider.announce('provider', peerId, [])).kind).to.equal('done')
        expect((await provider.announce('provider', 'another', [])).kind).to.equal('rejected')
        expect((await chain.announcements()).map(({ role, peerId }) => ({ role, peerId }))).to.deep.equal([
          { role: 'provider', peerId },
        ])
      } finally {
        provider.close()
      }
    })

    it('tells what stood at some time in an epoch', async () => {
      await chain.announce('verifier', 'peer-1', [])
      await chain.announce('verifier', 'peer-2', [])
      await runTo(1)
      await chain.announce('verifier', 'peer-3', []) // in epoch 2
      await runTo(2)
      await chain.announce('verifier', 'peer-4', [])
      const peersIn = async (epoch: number) => (await chain.announcedIn(epoch)).map(({ peerId }) => peerId)
      expect(await peersIn(1)).to.deep.equal(['peer-2'])
      expect(await peersIn(2)).to.deep.equal(['peer-2', 'peer-3'])
      expect(await peersIn(3)).to.deep.equal(['peer-3', 'peer-4'])
      expect(await peersIn(4)).to.deep.equal([])
    })

    it('rejects without a key', async () => {
      const reader = await live.connectAsReader()
      expect(await reader.freeze(2)).to.include({ kind: 'rejected' })
      expect(reader.account).to.equal(undefined)
      reader.close()
    })

    it('works on after a reorganisation took its transactions back', async () => {
      const before = await live.rpc('evm_snapshot')
      await chain.announce('verifier', 'peer-1', [])
      await chain.announce('verifier', 'peer-2', [])
      await live.rpc('evm_revert', [before])
      expect((await chain.announce('verifier', 'peer-3', [])).kind).to.equal('done')
      expect((await chain.announcements()).map(({ peerId }) => peerId)).to.deep.equal(['peer-3'])
    })
  })

  describe('settlement and the next era', () => {
    it('settles a penalty once it is final, and once only', async () => {
      const { header, leaves, tree, ...rest } = live.certify(await runTo(1), ZERO_HASH)
      await postTo(chain, { header, leaves, tree, ...rest })
      const [leaf] = leaves
      const settle = () => chain.settle(leaf!, tree.proof(0))
      expect(await chain.isFinal(1)).to.equal(false)
      expect(await settle()).to.include({ kind: 'rejected' })
      // The delay counts from the end of the time in which the epoch could be posted.
      await live.mineAt((await live.epochStart(3)) + PARAMS.settlementSeconds)
      expect(await chain.isFinal(1)).to.equal(true)
      expect(await chain.isSettled(1, leaf!.provider)).to.equal(false)
      const result = await settle()
      if (result.kind !== 'done') throw new Error(JSON.stringify(result))
      expect(await chain.isSettled(1, leaf!.provider)).to.equal(true)
      const charged = (PROVIDER_STAKE * BigInt(leaf!.penaltyBps)) / 10_000n
      expect(await chain.settlements(leaf!.provider)).to.deep.equal([
        { epoch: 1, provider: leaf!.provider, charged, txHash: result.txHash },
      ])
      expect(await settle()).to.deep.equal({ kind: 'already' })
      const after = await runTo(4)
      expect(after.providers.find(({ account }) => account === leaf!.provider)?.stake).to.equal(
        PROVIDER_STAKE - charged,
      )
    })

    it('freezes the next era in the last epoch of the one before', async () => {
      await runTo(1)
      expect(await chain.freeze(2)).to.include({ kind: 'rejected' })
      await live.mineAt((await live.epochStart(PARAMS.eraEpochs)) + 1)
      expect(await chain.isFrozen(2)).to.equal(false)
      expect((await chain.freeze(2)).kind).to.equal('done')
      expect(await chain.isFrozen(2)).to.equal(true)
      expect(await chain.freeze(2)).to.deep.equal({ kind: 'already' })
      const facts = await runTo(PARAMS.eraEpochs + 1)
      expect(facts.era).to.equal(2)
      expect(facts.verifiers).to.have.length(4)
    })
  })
})

/** Holds its first signature back until the gate opens. */
class GatedWallet extends Wallet {
  readonly #asked = Promise.withResolvers<void>()
  readonly asked = this.#asked.promise

  constructor(
    key: string,
    readonly gate: Promise<void>,
  ) {
    super(key)
  }

  override async signTransaction(transaction: TransactionRequest): Promise<string> {
    this.#asked.resolve()
    await this.gate
    return super.signTransaction(transaction)
  }
}
