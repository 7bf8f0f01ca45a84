import { expect } from 'chai'
import { headerHash } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { INFINITY_G2 } from './support/bls.js'
import { certifiedEpoch, EPOCH } from './support/certified-epoch.js'
import { expectRevert } from './support/evm.js'
import { networkForEach, PARAMS, START_DELAY, TestNetwork } from './support/network.js'

/** One more than the number of past blocks whose hashes the EVM itself knows. */
const EVM_WINDOW = 257
/** The contract of EIP-2935, which stores older block hashes. */
const BLOCK_HISTORY = '0x0000F90827F1C53a10cb7A02335B175320002935'

/** Certified headers that do not fit the clock, the chain of headers or the blocks. */
describe('contracts: headers', () => {
  const { net, header, good, refused } = certifiedEpoch()
  /** While the chain knows the hashes of the last 256 blocks only, and the header's block is older. */
  const forgotten = async (work: () => Promise<unknown>) => {
    await net().evm.mine(EVM_WINDOW)
    const history = await net().evm.rpc('eth_getCode', BLOCK_HISTORY, 'latest')
    await net().evm.rpc('anvil_setCode', BLOCK_HISTORY, '0x') // like a block older than its 8191
    try {
      await work()
    } finally {
      await net().evm.rpc('anvil_setCode', BLOCK_HISTORY, history)
    }
  }
  const certified = async (change: Partial<Header>) => net().certify(await net().header(EPOCH, change))

  describe('time', () => {
    it('rejects an epoch that is not over', async () => {
      await refused(await certified({ epoch: EPOCH + 1 }), 'NotPostable', EPOCH + 1, EPOCH)
    })

    it('rejects an epoch once the next one is over', async () => {
      await net().evm.at(net().startOf(EPOCH + 2))
      await refused(good(), 'NotPostable', EPOCH, EPOCH + 1)
    })

    it('accepts an epoch until the last second', async () => {
      await net().evm.nextAt(net().startOf(EPOCH + 2) - 1)
      await net().post(good())
    })

    it('skips an epoch without a report for ever', async () => {
      await net().enter(EPOCH + 2)
      await refused(await certified({ epoch: EPOCH }), 'NotPostable', EPOCH, EPOCH + 1)
      await net().post(await certified({ epoch: EPOCH + 1 }))
      expect(await net().reports.read('headerHashOf', EPOCH)).to.equal(ZERO_HASH)
      await refused({ ...good(), header: { ...header(), epoch: 0 } }, 'NotPostable', 0, EPOCH + 1)
    })

    it('rejects epoch 0', async () => refused(await certified({ epoch: 0, era: 1 }), 'NotPostable', 0, EPOCH))

    it('makes a report final after the settlement delay, counted from the end of posting', async () => {
      await net().post(good())
      const finalAt = net().startOf(EPOCH + 2) + PARAMS.settlementSeconds
      await net().evm.at(finalAt - 1)
      expect(await net().reports.read('isFinal', EPOCH)).to.equal(false)
      await net().evm.at(finalAt)
      expect(await net().reports.read('isFinal', EPOCH)).to.equal(true)
      expect(await net().reports.read('isFinal', EPOCH + 1)).to.equal(false)
    })
  })

  describe('chain', () => {
    it('rejects another previous header', async () => {
      const last = headerHash(net().id, header())
      const known = await net().reports.read<Hex>('lastHeaderHash')
      await refused(await certified({ previousHeader: last }), 'WrongPreviousHeader', last, known)
      await refused(await certified({ previousHeader: ZERO_HASH }), 'WrongPreviousHeader', ZERO_HASH, known)
    })

    it('rejects another era, even if the set of that era signed', async () => {
      await refused(await certified({ era: 2 }), 'WrongEra', 2, 1)
      await refused(await certified({ era: 3 }), 'WrongEra', 3, 1)
    })

    it('rejects a block that is wrong, in the future or too old', async () => {
      const { number, hash } = await net().evm.block()
      const wrong = await certified({ blockHash: ZERO_HASH })
      await refused(wrong, 'WrongBlockHash', wrong.header.blockNumber, ZERO_HASH, hash)
      await refused(await certified({ blockNumber: number + 50, blockHash: hash }), 'WrongBlockHash')
      await refused(await certified({ blockNumber: number + 50, blockHash: ZERO_HASH }), 'WrongBlockHash')
      await forgotten(() => refused(good(), 'WrongBlockHash', header().blockNumber, header().blockHash, ZERO_HASH))
    })

    it('accepts a noted block after the chain has forgotten its hash, as where blocks are fast', async () => {
      const { blockNumber, blockHash } = header()
      await net().reports.send(net().newAccount(), 'noteBlock', blockNumber)
      expect(await net().reports.read('notedBlock', blockNumber)).to.equal(blockHash)
      await forgotten(async () => {
        const other = await certified({ blockNumber, blockHash: ZERO_HASH })
        await refused(other, 'WrongBlockHash', blockNumber, ZERO_HASH, blockHash)
        await net().reports.send(net().deployer, 'noteBlock', (await net().evm.block()).number)
        await net().post(good())
      })
    })

    it('notes only blocks whose hash the chain itself tells', async () => {
      const { number } = await net().evm.block()
      for (const future of [number + 2, number + 50]) {
        await expectRevert(net().reports.send(net().deployer, 'noteBlock', future), 'BlockUnknown', future)
      }
      const { blockNumber } = header()
      await forgotten(() => expectRevert(net().reports.send(net().deployer, 'noteBlock', blockNumber), 'BlockUnknown'))
    })

    it('keeps every note as it is, whoever notes whatever else', async () => {
      const { blockNumber, blockHash } = header()
      const spammer = net().newAccount()
      for (let block = blockNumber - 5; block <= blockNumber + 1; block++) {
        await net().reports.send(spammer, 'noteBlock', block)
      }
      await net().reports.send(spammer, 'noteBlock', blockNumber)
      expect(await net().reports.read('notedBlock', blockNumber)).to.equal(blockHash)
      await forgotten(() => net().post(good()))
    })

    it('accepts a block that only the history contract still knows', async () => {
      await net().evm.mine(EVM_WINDOW)
      await net().post(good())
    })
  })
})

describe('contracts: headers before genesis', () => {
  const net = networkForEach(() => TestNetwork.create())

  it('are rejected before the start and between start and genesis', async () => {
    const header = { ...(await net().header(1)), previousHeader: ZERO_HASH }
    const early = { header, round: 0, nonSigners: [], signature: INFINITY_G2 }
    await expectRevert(net().post(early), 'NotStarted')
    for (let i = 0; i < 4; i++) await net().addVerifier()
    await net().start()
    await expectRevert(net().post(early), 'NotPostable', 1, 0)
    expect(net().genesis - (await net().evm.now())).to.be.within(1, START_DELAY)
  })
})
