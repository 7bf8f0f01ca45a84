/** What of an epoch's facts is fixed by the first block of its window. */
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { PARAMS, postTo, receiptOf, useLiveNetwork } from './live-network.js'

describe('the facts of a window of five epochs', () => {
  const net = useLiveNetwork({ ...PARAMS, windowEpochs: 5, claimDelaySeconds: 1 })

  /** A transaction of a provider. */
  async function call(name: string, what: string, args: unknown[] = []): Promise<void> {
    const { contracts, provider } = net.chain.context
    const { providerRegistry } = contracts
    const wallet = new Wallet(net.live.keys[name]!.evm, provider)
    const data = providerRegistry.interface.encodeFunctionData(what, args)
    const sent = await wallet.sendTransaction({ to: providerRegistry.target, data, gasLimit: 1_000_000 })
    expect((await receiptOf(sent)).status).to.equal(1)
  }
  const accountOf = (name: string): Hex => net.live.setup.providers.find(one => one.name === name)!.account
  const at = async (epoch: number, name: string) =>
    (await net.chain.factsAt(epoch))!.providers.find(({ account }) => account === accountOf(name))

  it('have one beacon for receivers, and another beacon in each epoch for all else', async () => {
    await net.live.runTo(6)
    const facts = await Promise.all([1, 2, 5, 6].map(epoch => net.chain.factsAt(epoch)))
    const [first, second, last, next] = facts.map(one => one!)
    expect([first, second, last].map(one => one!.windowBeacon)).to.deep.equal(new Array(3).fill(first!.beacon))
    expect(next!.windowBeacon).to.equal(next!.beacon).and.not.equal(first!.beacon)
    expect(second!.beacon).not.to.equal(first!.beacon)
  })

  it('hold a provider to its claim at the start of the window, raised or lowered', async () => {
    await net.live.runTo(1)
    await call('p0', 'setClaim', [90_000])
    await call('p1', 'setClaim', [8_000])
    await net.live.mineAt((await net.live.now()) + 1) // the delay of a lower claim
    await net.live.runTo(6)
    for (const epoch of [2, 3, 4, 5]) {
      expect(await at(epoch, 'p0')).to.include({ claimKbps: 25_000, inWindow: true, active: true })
      expect(await at(epoch, 'p1')).to.include({ claimKbps: 25_000 })
    }
    expect(await at(6, 'p0')).to.include({ claimKbps: 90_000 })
    expect(await at(6, 'p1')).to.include({ claimKbps: 8_000 })
  })

  it('name a provider that has left until the end of the window', async () => {
    await net.live.runTo(1)
    await call('p1', 'exit')
    await net.live.runTo(6)
    expect(await at(1, 'p1')).to.include({ inWindow: true, active: true })
    expect(await at(3, 'p1')).to.include({ inWindow: true, active: false })
    expect(await at(6, 'p1')).to.equal(undefined)
  })

  it('take links from the newest report that the chain had accepted when the window began', async () => {
    const first = net.live.certify(await net.live.runTo(1), ZERO_HASH)
    expect(await postTo(net.chain, first)).to.have.property('kind', 'done')
    const third = net.live.certify(await net.live.runTo(3), first.headerHash)
    expect(await postTo(net.chain, third)).to.have.property('kind', 'done')
    const late = net.live.certify(await net.live.runTo(5), third.headerHash)
    // Accepted after B(6), like every report of the epoch before: so not every node could know it at B(6).
    expect(await postTo(net.chain, late)).to.have.property('kind', 'done')
    await net.live.runTo(7)
    const reports = await Promise.all([2, 4, 5, 6, 7].map(async epoch => (await net.chain.factsAt(epoch))!.linkReport))
    const none = { epoch: 0, headerHash: ZERO_HASH }
    const known = { epoch: 3, headerHash: third.headerHash }
    expect(reports).to.deep.equal([none, none, none, known, known])
  })
})
