/** Reports on a real chain: posted, raced for, settled, and rolled back. */
import { expect } from 'chai'
import { type TransactionRequest, Wallet } from 'ethers'
import { ZERO_HASH } from '../../../proto/hex.js'
import { PROVIDER_STAKE } from '../../../testnet/network/setup.js'
import { EthersChain } from '../ethers-chain.js'
import { Sender } from '../sender.js'
import { PARAMS, postTo, useLiveNetwork } from './live-network.js'

describe('chain adapter', () => {
  const net = useLiveNetwork()
  const newestBlockMs = async () => (await net.chain.context.provider.getBlock('latest'))!.timestamp * 1000

  describe('reports', () => {
    it('starts with no report', async () => {
      expect(await net.chain.tip()).to.include({ epoch: 0, headerHash: ZERO_HASH })
      expect(await net.chain.posted(1)).to.equal(undefined)
    })

    it('posts a certified report and reads it back', async () => {
      const certified = net.live.certify(await net.live.runTo(1), ZERO_HASH, 2, [0, 2, 3])
      const result = await postTo(net.chain, certified)
      if (result.kind !== 'done') throw new Error(JSON.stringify(result))
      const { header, headerHash } = certified
      expect(await net.chain.tip()).to.deep.equal({ epoch: 1, headerHash, blockMs: await newestBlockMs() })
      const posted = await net.chain.posted(1)
      const { txHash, gasUsed } = result
      expect(posted).to.deep.include({ header, headerHash, round: 2, nonSigners: [1], txHash, gasUsed })
    })

    it('answers "already" to the verifier that comes second', async () => {
      const facts = await net.live.runTo(1)
      await postTo(net.chain, net.live.certify(facts, ZERO_HASH, 0))
      expect(await postTo(net.chain, net.live.certify(facts, ZERO_HASH, 1))).to.deep.equal({ kind: 'already' })
    })

    it('says why a report is rejected', async () => {
      const certified = net.live.certify(await net.live.runTo(1), ZERO_HASH)
      const result = await postTo(net.chain, { ...certified, round: 1 })
      expect(result).to.include({ kind: 'rejected' })
      expect(result)
        .to.have.property('reason')
        .that.matches(/^[A-Z]\w+(\(.*\))?$/)
    })

    it('answers "already" to the loser of a race within one block', async () => {
      const facts = await net.live.runTo(1)
      const gate = Promise.withResolvers<void>()
      const wallet = new GatedWallet(net.live.keys.v1!.evm, gate.promise)
      const loser = new EthersChain(net.chain.context, new Sender(net.chain.context, wallet, net.chain.sender!.errors))
      await net.live.rpc('evm_setAutomine', [false])
      try {
        const second = postTo(loser, net.live.certify(facts, ZERO_HASH, 1))
        await wallet.asked // its estimate passed, so it is about to post
        const first = postTo(net.chain, net.live.certify(facts, ZERO_HASH, 0))
        await net.live.pending(1)
        gate.resolve()
        await net.live.pending(2)
        await net.live.rpc('evm_mine')
        expect((await first).kind).to.equal('done')
        expect(await second).to.deep.equal({ kind: 'already' })
        expect((await net.chain.posted(1))?.round).to.equal(0)
      } finally {
        await net.live.rpc('evm_setAutomine', [true])
      }
    })

    it('sees a rival whose transaction waits to be mined', async () => {
      const facts = await net.live.runTo(1)
      await net.live.rpc('evm_setAutomine', [false])
      const rival = await net.live.connectAs('v1')
      try {
        const first = postTo(rival, net.live.certify(facts, ZERO_HASH, 1))
        await net.live.pending(1)
        expect(await postTo(net.chain, net.live.certify(facts, ZERO_HASH, 0))).to.deep.equal({ kind: 'already' })
        await net.live.rpc('evm_mine')
        expect((await first).kind).to.equal('done')
      } finally {
        await net.live.rpc('evm_setAutomine', [true])
        rival.close()
      }
    })

    it('says why a transaction was mined and yet reverted', async () => {
      const facts = await net.live.runTo(1)
      await net.live.rpc('evm_setAutomine', [false])
      try {
        const late = postTo(net.chain, net.live.certify(facts, ZERO_HASH))
        await net.live.pending(1)
        await net.live.mineAt(await net.live.epochStart(4)) // too late for a report of epoch 1
        expect(await late).to.include({ kind: 'rejected' })
        expect(await net.chain.posted(1)).to.equal(undefined)
      } finally {
        await net.live.rpc('evm_setAutomine', [true])
      }
    })

    it('reads the new chain after a reorganisation', async () => {
      const facts = await net.live.runTo(1)
      const before = await net.live.snapshot()
      const first = net.live.certify(facts, ZERO_HASH, 0)
      await postTo(net.chain, first)
      expect((await net.chain.tip()).headerHash).to.equal(first.headerHash)
      await net.live.revert(before)
      expect(await net.chain.tip()).to.include({ epoch: 0, headerHash: ZERO_HASH })
      expect(await net.chain.posted(1)).to.equal(undefined)
      expect((await postTo(net.chain, net.live.certify(facts, ZERO_HASH, 1))).kind).to.equal('done')
      expect((await net.chain.posted(1))?.round).to.equal(1)
    })
  })

  describe('settlement and the next era', () => {
    it('settles a penalty once it is final, and once only', async () => {
      const { header, leaves, tree, ...rest } = net.live.certify(await net.live.runTo(1), ZERO_HASH)
      await postTo(net.chain, { header, leaves, tree, ...rest })
      const [leaf] = leaves
      const settle = () => net.chain.settle(header, [leaf!], tree.multiProof([0]))
      expect(await net.chain.isFinal(1)).to.equal(false)
      expect(await settle()).to.include({ kind: 'rejected' })
      // The delay counts from the end of the time in which the epoch could be posted.
      await net.live.mineAt((await net.live.epochStart(3)) + PARAMS.settlementSeconds)
      expect(await net.chain.isFinal(1)).to.equal(true)
      expect(await net.chain.isSettled(1, leaf!.provider)).to.equal(false)
      const result = await settle()
      if (result.kind !== 'done') throw new Error(JSON.stringify(result))
      expect(await net.chain.isSettled(1, leaf!.provider)).to.equal(true)
      const charged = (PROVIDER_STAKE * BigInt(leaf!.penaltyBps)) / 10_000n
      expect(await net.chain.settlements(leaf!.provider)).to.deep.equal([
        { epoch: 1, provider: leaf!.provider, charged, refuted: false, txHash: result.txHash },
      ])
      expect(await settle()).to.deep.equal({ kind: 'already' })
      const after = await net.live.runTo(4)
      expect(after.providers.find(({ account }) => account === leaf!.provider)?.stake).to.equal(
        PROVIDER_STAKE - charged,
      )
    })

    it('freezes the next era in the last epoch of the one before', async () => {
      await net.live.runTo(1)
      expect(await net.chain.freeze(2)).to.include({ kind: 'rejected' })
      await net.live.mineAt((await net.live.epochStart(PARAMS.eraEpochs)) + 1)
      expect([await net.chain.freezeDue(2), await net.chain.isSetKnown(2)]).to.deep.equal([false, true])
      expect(await net.chain.freeze(2)).to.include({ kind: 'rejected' }) // nothing changed
      await exit(2)
      expect([await net.chain.freezeDue(2), await net.chain.isSetKnown(2)]).to.deep.equal([true, false])
      expect((await net.chain.freeze(2)).kind).to.equal('done')
      expect([await net.chain.freezeDue(2), await net.chain.isSetKnown(2)]).to.deep.equal([false, true])
      expect(await net.chain.freeze(2)).to.deep.equal({ kind: 'already' })
      const facts = await net.live.runTo(PARAMS.eraEpochs + 1)
      expect(facts.era).to.equal(2)
      expect(facts.verifiers).to.have.length(3)
    })

    it('lists a frozen set by index, each verifier with its position in the contract', async () => {
      await net.live.runTo(1)
      await net.live.mineAt((await net.live.epochStart(PARAMS.eraEpochs)) + 1)
      await exit(1) // the last of the set takes its place
      await net.chain.freeze(2)
      const facts = await net.live.runTo(PARAMS.eraEpochs + 1)
      expect(facts.verifiers.map(({ index }) => index)).to.deep.equal([2, 3, 4])
      expect(facts.verifiers.map(({ position }) => position)).to.deep.equal([1, 2, 0])
    })

    /** Has the verifier with this registry index leave. */
    async function exit(index: number): Promise<void> {
      const { name } = net.live.setup.verifiers.find(one => one.index === index)!
      const chain = await net.live.connectAs(name)
      const { file, contracts } = chain.context
      const data = contracts.verifierRegistry.interface.encodeFunctionData('exit')
      await chain
        .sender!.sendAll([{ label: 'exit', to: file.contracts.verifierRegistry, data, gasLimit: 200_000n }])
        .finally(() => chain.close())
    }
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
