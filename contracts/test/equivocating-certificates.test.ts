/** Two certificates of one round convict whoever signed both, and nobody else. */
import { expect } from 'chai'
import { headerHash } from '../../proto/digests.js'
import { INFINITY_G2 } from './support/bls.js'
import { bondOf, bring, bringCertificates, contradicting, convicting } from './support/equivocations.js'
import { expectRevert } from './support/evm.js'
import { type Certificate, networkForEach, TestNetwork, VERIFIER_BOND } from './support/network.js'

const VERIFIERS = 7

describe('contracts: contradicting certificates', () => {
  const net = networkForEach(async () => {
    const network = await TestNetwork.running(VERIFIERS)
    await network.enter(3)
    return network
  })
  const losers = async () => {
    const bonds = await Promise.all(net().verifiers.map((_, position) => bondOf(net(), position)))
    return bonds.flatMap((bond, position) => (bond < VERIFIER_BOND ? [position] : []))
  }
  const refused = async (pair: readonly Certificate[], error: string, ...args: unknown[]) => {
    await expectRevert(bringCertificates(net(), pair), error, ...args)
    expect(await losers()).to.deep.equal([])
  }

  it('cost whoever signed both all, and the others nothing', async () => {
    await bringCertificates(
      net(),
      await contradicting(net(), [
        [1, 4],
        [4, 6],
      ]),
    )
    expect(await losers()).to.deep.equal([0, 2, 3, 5])
    expect(await bondOf(net(), 0)).to.equal(0n) // four of seven equivocated
    expect(await net().registry.read('stayingCount')).to.equal(3n)
  })

  it('convict each verifier once, also beside evidence against one', async () => {
    await bring(net(), convicting(net(), 2))
    await bringCertificates(net(), await contradicting(net(), [[], [0, 1]]))
    expect(await net().equivocation.read('penaltyBpsOf', 1)).to.equal(10_000n)
    await net().equivocation.send(net().deployer, 'collect', 1, 2)
    expect(await bondOf(net(), 2)).to.equal(0n)
    const again = await contradicting(net(), [[0, 1], []])
    await expectRevert(bringCertificates(net(), again), 'AlreadyProven', 1)
    await expectRevert(bring(net(), convicting(net(), 3)), 'AlreadyProven', 1)
  })

  it('of two rounds, and one header certified twice, are no fault', async () => {
    const [first, second] = await contradicting(net(), [[], []])
    const later = net().certify(second.header, { round: 1 })
    await refused([first, later], 'InvalidCertificate', headerHash(net().id, later.header))
    const twice = [first, net().certify(first.header, { nonSigners: [2] })]
    await refused(twice, 'SameStatement', headerHash(net().id, first.header))
  })

  it('of two epochs or eras are no fault', async () => {
    const header = await net().header(3)
    const [first] = await contradicting(net(), [[], []])
    await refused([first, net().certify(header)], 'DifferentEpochs', 2, 3)
    const foreign = net().certify({ ...first.header, era: 2 })
    await refused([foreign, first], 'WrongEra', 2, 1)
    await refused([first, foreign], 'InvalidCertificate', headerHash(net().id, foreign.header))
    await refused([net().certify(await net().header(4)), first], 'NotYet', 4, 3)
  })

  it('do not count with too few signers, a wrong list or a forged signature', async () => {
    const [first, second] = await contradicting(net(), [[], []])
    await refused([first, { ...second, nonSigners: [0, 1, 2] }], 'TooFewSigners', 4, 7)
    await refused([first, { ...second, nonSigners: [2, 1] }], 'NonSignersNotAscending', 1, 2)
    await refused([first, { ...second, nonSigners: [7] }], 'NonSignerOutOfRange', 7, 7)
    await refused([first, { ...second, signature: INFINITY_G2 }], 'InfinitySignature')
    await refused([first, { ...second, signature: '0x' }], 'WrongSignatureLength', 0)
    const wrong = headerHash(net().id, second.header)
    await refused([first, { ...second, signature: first.signature }], 'InvalidCertificate', wrong)
    await refused([first, { ...second, nonSigners: [3] }], 'InvalidCertificate', wrong)
  })

  it('cannot be made to convict a verifier that signed only one', async () => {
    const [first, second] = await contradicting(net(), [[], [3]])
    const claimed = { ...second, nonSigners: [] as readonly number[] }
    await refused([first, claimed], 'InvalidCertificate', headerHash(net().id, second.header))
  })
})
