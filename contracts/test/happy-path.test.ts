import { expect } from 'chai'
import { headerHash } from '../../proto/digests.js'
import { leafOf, MINIMUM_STAKE, PARAMS, TestNetwork } from './support/network.js'

describe('contracts: a network from deployment to a settled penalty', () => {
  it('registers, starts, posts and settles', async () => {
    const network = await TestNetwork.create()
    for (let i = 0; i < 4; i++) await network.addVerifier()
    const provider = await network.addProvider()
    await network.start()

    const leaves = [leafOf(1, provider, 400), leafOf(1, network.newAccount(), 0)]
    const tree = await network.reportLeaves(1, leaves)
    expect(await network.reports.read('lastEpoch')).to.equal(1n)

    await network.evm.at(network.startOf(3) + PARAMS.settlementSeconds)
    const receipt = await network.settle(leaves[0]!, tree.proof(0), network.verifiers[0]!.account)
    const charge = (MINIMUM_STAKE * 400n) / 10_000n
    const [settled] = network.slashing.events(receipt, 'Settled')
    expect(settled?.args.charged).to.equal(charge)
    expect(network.vault.events(receipt, 'Slashed')[0]?.args.refunded).to.equal(0n) // a verifier settled
    expect(await network.vault.read('slashable', network.providers.address, provider)).to.equal(MINIMUM_STAKE - charge)
  })

  it('computes the same header hash as the nodes, and freezes the next era', async () => {
    const network = await TestNetwork.running(5)
    await network.enter(2)
    const header = await network.header(1)
    await network.post(network.certify(header, { nonSigners: [2] }))
    expect(await network.reports.read('lastHeaderHash')).to.equal(headerHash(network.id, header))

    await network.registry.send(network.verifiers.at(-1)!.account, 'exit')
    await network.enter(PARAMS.eraEpochs)
    await network.registry.send(network.deployer, 'freeze', 2)
    expect(await network.registry.read('isFrozen', 2)).to.equal(true)
    await network.report(24)
    network.verifiers.pop()
    await network.report(25)
    expect(await network.reports.read('lastEpoch')).to.equal(25n)
  })
})
