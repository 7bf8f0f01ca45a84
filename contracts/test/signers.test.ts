import { expect } from 'chai'
import { expectRevert } from './support/evm.js'
import { networkForEach, PARAMS, TestNetwork } from './support/network.js'

const SIZE = 7

describe('contracts: the signers of an era', () => {
  const net = networkForEach(() => TestNetwork.running(SIZE))
  const signers = (era: number) => net().reports.read<bigint>('signersIn', era)
  const report = async (epoch: number, nonSigners: readonly number[]) => {
    await net().enter(epoch + 1)
    await net().post(net().certify(await net().header(epoch), { nonSigners }))
  }
  const all = (1n << BigInt(SIZE)) - 1n

  it('are the members that signed at least one report of the era', async () => {
    expect(await signers(1)).to.equal(0n)
    await report(1, [0, 6])
    expect(await signers(1)).to.equal(0b0111110n)
    await report(2, [2])
    expect(await signers(1)).to.equal(0b1111111n)
    await report(3, [0, 6]) // a verifier stays marked
    expect(await signers(1)).to.equal(all)
    expect(await signers(2)).to.equal(0n)
  })

  it('are kept for four eras, each on its own', async () => {
    for (const era of [1, 2, 3, 4, 5]) await report((era - 1) * PARAMS.eraEpochs + 1, [era - 1])
    expect(await signers(1)).to.equal(0n)
    for (const era of [2, 3, 4, 5]) expect(await signers(era)).to.equal(all ^ (1n << BigInt(era - 1)))
    for (const era of [0, 6, 9]) expect(await signers(era)).to.equal(0n)
  })
})

describe('contracts: a set under the minimum', () => {
  const net = networkForEach(() => TestNetwork.running())

  it('cannot certify, so that a set of one cannot slash', async () => {
    for (const { account } of net().verifiers.slice(1)) await net().registry.send(account, 'exit')
    await net().enter(PARAMS.eraEpochs)
    await net().registry.send(net().deployer, 'freeze', 2)
    await net().report(PARAMS.eraEpochs) // by the set of era 1, of which all members are still in force
    net().verifiers.length = 1
    await net().enter(PARAMS.eraEpochs + 2)
    const alone = net().certify(await net().header(PARAMS.eraEpochs + 1))
    await expectRevert(net().post(alone), 'SetTooSmall', 1, 4)
  })
})
