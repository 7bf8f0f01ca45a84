import { expect } from 'chai'
import type { Hex } from '../../proto/hex.js'
import { expel, slashBond } from './support/equivocation.js'
import { expectRevert, plain } from './support/evm.js'
import { MINIMUM_VERIFIERS, networkForEach, PARAMS, TestNetwork, VERIFIER_BOND } from './support/network.js'

/** The forge tests attack large sets. These ones attack small sets, step by step. */
describe('contracts: attacks on the start', () => {
  const net = networkForEach(() => TestNetwork.create())

  it('three bonds and start() take no network over: only genesis accounts register before the start', async () => {
    await net().addVerifier() // honest, the first of those to come
    for (const account of net().evm.accounts.slice(192, 195)) {
      await net().deposit(net().registry, account, VERIFIER_BOND)
      await expectRevert(net().register(account, net().keyFor(account)), 'NotGenesisVerifier', account)
    }
    await expectRevert(net().start(), 'TooFewVerifiers', 1, MINIMUM_VERIFIERS)
  })
})

describe('contracts: attacks on frozen sets', () => {
  const net = networkForEach(() => TestNetwork.running(MINIMUM_VERIFIERS))
  const registry = () => net().registry
  const freeze = (era: number) => registry().send(net().deployer, 'freeze', era)
  const indices = async (era: number) =>
    (await registry().read<{ index: bigint }[]>('frozenSet', era)).map(({ index }) => Number(index))
  const staying = async () => Number(await registry().read('stayingCount'))
  const enterLastOf = (era: number) => net().enter(era * PARAMS.eraEpochs)
  const unbonding = async (account: Hex) =>
    (await net().vault.read<bigint[]>('unbondingOf', registry().address, account))[0]

  /** Runs into the last epoch of an era, with a report that the verifiers at these positions do not sign. */
  async function certify(era: number, nonSigners: readonly number[]): Promise<void> {
    await enterLastOf(era)
    const header = await net().header(era * PARAMS.eraEpochs - 1)
    await net().post(net().certify(header, { nonSigners }))
  }

  it('2n+1 new bonds in one freeze: one of them enters a set of four', async () => {
    for (let i = 0; i < 2 * MINIMUM_VERIFIERS + 1; i++)
      await net().addVerifier(undefined, VERIFIER_BOND + BigInt(i % 3))
    await enterLastOf(1)
    await freeze(2)
    expect(await indices(2), 'the highest bond, of equal ones the earliest').to.deep.equal([1, 2, 3, 4, 7])
    expect(await staying()).to.equal(13)
  })

  it('who waits and adds to its bond enters first, and only then', async () => {
    const waiting = []
    for (let i = 0; i < 3; i++) waiting.push(await net().addVerifier())
    const last = waiting.at(-1)!
    await net().deposit(registry(), last.account, 1n)
    await registry().send(last.account, 'topUp')
    await enterLastOf(1)
    await freeze(2)
    expect(await indices(2)).to.deep.equal([1, 2, 3, 4, 7])
    await net().deposit(registry(), last.account, 1n)
    await registry().send(last.account, 'topUp') // a member's bond has no rank
    expect(await indices(2)).to.deep.equal([1, 2, 3, 4, 7])
    expect(await staying()).to.equal(7)
  })

  it('a bond slashed to nothing blocks no freeze, and locks nobody', async () => {
    const [broke, leaver] = net().verifiers
    await slashBond(net(), broke!.account, VERIFIER_BOND)
    await registry().send(broke!.account, 'exit')
    await registry().send(leaver!.account, 'exit')
    await enterLastOf(1)
    await freeze(2)
    expect(await indices(2)).to.deep.equal([4, 3])
    expect([await unbonding(broke!.account), await unbonding(leaver!.account)]).to.deep.equal([0n, VERIFIER_BOND])
  })

  it('a halt empties no set: eras without a certificate count for nobody', async () => {
    await net().addVerifier()
    for (let era = 1; era <= 5; era++) {
      await enterLastOf(era)
      if (era === 1) await freeze(2)
      else await expectRevert(freeze(era + 1), 'NothingChanged', era + 1)
    }
    expect(await indices(6)).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('an idle verifier cannot hide behind a move: its record moves along', async () => {
    const [first] = net().verifiers
    await net().addVerifier()
    await enterLastOf(1)
    await freeze(2)
    await certify(2, [4])
    await certify(3, [4])
    await registry().send(first!.account, 'exit')
    await freeze(4)
    expect(await indices(4), 'the idle one moved').to.deep.equal([5, 2, 3, 4])
    net().verifiers.splice(0, 5, ...[4, 1, 2, 3].map(i => net().verifiers[i]!))
    await certify(4, [0])
    await expectRevert(freeze(5), 'NothingChanged', 5) // four are the minimum
    await net().addVerifier()
    const receipt = await freeze(5)
    expect(
      registry()
        .events(receipt, 'LeftOut')
        .map(({ args }) => Number(args.index)),
    ).to.deep.equal([5])
    const idle = net().verifiers[0]!.account
    await expectRevert(registry().send(idle, 'exit'), 'AlreadyLeft', idle)
    expect(await indices(5), 'a newcomer takes the place').to.deep.equal([6, 2, 3, 4])
  })

  it('a full waiting list keeps no higher bond out, and refuses others', async () => {
    const first = await net().addVerifier(undefined, VERIFIER_BOND + 2n)
    for (let i = 1; i < 64; i++) await net().addVerifier(undefined, VERIFIER_BOND + 1n)
    const last = net().verifiers.at(-1)!
    await expectRevert(net().addVerifier(), 'SetFull', VERIFIER_BOND, VERIFIER_BOND + 1n)
    await expectRevert(net().addVerifier(undefined, VERIFIER_BOND + 1n), 'SetFull')
    const { receipt } = await net().addVerifier(undefined, VERIFIER_BOND + 2n)
    const [out] = registry().events(receipt, 'LeftOut')
    expect(plain(out!.args)).to.deep.equal([68, last.account, 0])
    expect(await unbonding(last.account)).to.equal(VERIFIER_BOND + 1n)
    expect(await staying()).to.equal(MINIMUM_VERIFIERS + 64)
    await enterLastOf(1)
    await freeze(2)
    expect(await indices(2)).to.deep.equal([1, 2, 3, 4, Number((await verifier(first.account)).index)])
    // Whoever was displaced may come again, with the same account and key.
    await net().deposit(registry(), last.account, VERIFIER_BOND + 5n)
    await net().register(last.account, last.key)
    expect(await registry().read('isVerifier', last.account)).to.equal(true)
  })

  const verifier = (account: Hex) => registry().read<{ index: bigint; exitingSince: bigint }>('verifierOf', account)

  describe('expulsion', () => {
    const isVerifier = (account: Hex) => registry().read<boolean>('isVerifier', account)

    it('is for the equivocation slasher alone, and for verifiers', async () => {
      const { account } = net().verifiers[0]!
      await expectRevert(registry().send(account, 'expel', 2), 'NotEquivocationSlasher', account)
      await expectRevert(expel(net(), 99), 'UnknownVerifier', 99)
    })

    it('of a verifier that stays: it is in no later set, and its bond unbonds from then on', async () => {
      const { account, key } = net().verifiers[1]!
      await expel(net(), 2)
      await expel(net(), 2) // a second fault of the same verifier
      expect([await staying(), await isVerifier(account)]).to.deep.equal([3, true])
      expect(await net().vault.read('activeStake', registry().address, account)).to.equal(VERIFIER_BOND)
      await expectRevert(registry().send(account, 'exit'), 'AlreadyExiting')
      await enterLastOf(1)
      await freeze(2)
      expect([await indices(2), await staying(), await isVerifier(account)]).to.deep.equal([[1, 4, 3], 3, false])
      expect(await unbonding(account)).to.equal(VERIFIER_BOND)
      await slashBond(net(), account, VERIFIER_BOND)
      expect(await unbonding(account)).to.equal(0n)
      await expectRevert(net().register(account, key), 'AlreadyRegistered', account, 2)
      const other = net().newAccount()
      await net().deposit(registry(), other, VERIFIER_BOND)
      await expectRevert(net().register(other, key), 'KeyAlreadyRegistered')
    })

    it('of a verifier that asked to leave', async () => {
      await registry().send(net().verifiers[1]!.account, 'exit')
      const since = (await verifier(net().verifiers[1]!.account)).exitingSince
      await expel(net(), 2)
      expect(await staying()).to.equal(3)
      expect((await verifier(net().verifiers[1]!.account)).exitingSince).to.equal(since)
      await enterLastOf(1)
      await freeze(2)
      expect([await indices(2), await staying()]).to.deep.equal([[1, 4, 3], 3])
    })

    it('of a verifier that waits: it loses its place at once', async () => {
      const { account } = await net().addVerifier()
      await net().addVerifier()
      expect(await staying()).to.equal(6)
      await expel(net(), 5)
      expect([await staying(), await isVerifier(account)]).to.deep.equal([5, false])
      expect(await unbonding(account)).to.equal(VERIFIER_BOND)
      await expectRevert(registry().send(account, 'exit'), 'AlreadyExiting')
      await enterLastOf(1)
      await freeze(2)
      expect(await indices(2)).to.deep.equal([1, 2, 3, 4, 6])
    })

    it('of a verifier that has left changes nothing', async () => {
      await registry().send(net().verifiers[3]!.account, 'exit')
      await enterLastOf(1)
      await freeze(2)
      await expel(net(), 4)
      expect([await indices(3), await staying()]).to.deep.equal([[1, 2, 3], 3])
      await enterLastOf(2)
      await expectRevert(freeze(3), 'NothingChanged', 3)
    })
  })
})
