import { expect } from 'chai'
import type { Hex } from '../../proto/hex.js'
import { INFINITY_G2 } from './support/bls.js'
import { expectRevert, Reverted } from './support/evm.js'
import {
  MINIMUM_VERIFIERS,
  networkForEach,
  PARAMS,
  START_DELAY,
  TestNetwork,
  VERIFIER_BOND,
} from './support/network.js'

describe('contracts: start of the network', () => {
  const net = networkForEach(() => TestNetwork.create())

  it('needs enough verifiers that stay, happens once, and freezes era 1', async () => {
    for (let i = 0; i < MINIMUM_VERIFIERS; i++) await net().addVerifier()
    await net().registry.send(net().verifiers[1]!.account, 'exit')
    await expectRevert(net().start(), 'TooFewVerifiers', 3, MINIMUM_VERIFIERS)
    await expectRevert(net().registry.send(net().deployer, 'freeze', 1), 'NotStarted')
    expect(await net().registry.read<unknown[]>('frozenSet', 1)).to.have.length(0)
    await net().addVerifier()
    await net().start()
    expect(net().genesis).to.equal((await net().evm.now()) + START_DELAY)
    const set = await net().registry.read<{ index: bigint }[]>('frozenSet', 1)
    expect(set.map(({ index }) => index)).to.deep.equal([1n, 4n, 3n, 5n])
    await expectRevert(net().start(), 'AlreadyStarted', net().genesis)
  })
})

describe('contracts: frozen sets', () => {
  const net = networkForEach(() => TestNetwork.running(5))
  const freeze = (era: number) => net().registry.send(net().deployer, 'freeze', era)
  const indices = async (era: number) =>
    (await net().registry.read<{ index: bigint }[]>('frozenSet', era)).map(({ index }) => Number(index))
  const last = (era: number) => era * PARAMS.eraEpochs
  const due = (era: number) => net().registry.read<boolean>('freezeDue', era)

  it('are frozen only in the last epoch of the era before', async () => {
    await net().addVerifier()
    await net().enter(1)
    expect(await due(2)).to.equal(false)
    await expectRevert(freeze(2), 'FreezeNotDue', 2, 1, last(1))
    await net().evm.nextAt(net().startOf(last(1)) - 1)
    await expectRevert(freeze(2), 'FreezeNotDue', 2, last(1) - 1, last(1))
    await net().enter(last(1))
    await expectRevert(freeze(3), 'FreezeNotDue', 3, last(1), last(2))
    await expectRevert(freeze(0), 'FreezeNotDue', 0, last(1), 0)
    expect([await due(2), await due(3), await due(0)]).to.deep.equal([true, false, false])
    await freeze(2)
    expect(await due(2)).to.equal(false)
    await net().addVerifier()
    await net().enter(last(2) + 1)
    await expectRevert(freeze(3), 'FreezeNotDue', 3, last(2) + 1, last(2))
  })

  it('are frozen once', async () => {
    await expectRevert(freeze(1), 'AlreadyFrozen', 1)
    await net().addVerifier()
    await net().enter(last(1))
    await freeze(2)
    await expectRevert(freeze(2), 'AlreadyFrozen', 2)
  })

  it('are not frozen again if nothing changed', async () => {
    await net().enter(last(1))
    expect(await due(2)).to.equal(false)
    await expectRevert(freeze(2), 'NothingChanged', 2)
    await net().registry.send(net().verifiers[4]!.account, 'exit')
    expect(await due(2)).to.equal(true)
    await freeze(2)
  })

  it('are known in the last epoch of the era before, if frozen or unchanged', async () => {
    const known = (era: number) => net().registry.read<boolean>('isSetKnown', era)
    await net().enter(last(1) - 1)
    expect([await known(0), await known(1), await known(2)]).to.deep.equal([false, true, false])
    await net().enter(last(1))
    expect([await known(2), await known(3)]).to.deep.equal([true, false])
    await net().addVerifier()
    expect(await known(2)).to.equal(false)
    await freeze(2)
    expect(await known(2)).to.equal(true)
    await net().addVerifier()
    await net().enter(last(2) + 1) // nobody froze era 3
    expect(await known(3)).to.equal(true)
  })

  it('continue as long as nobody freezes another one', async () => {
    await net().addVerifier()
    await net().enter(last(3))
    expect([await indices(2), await indices(4)]).to.deep.equal([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ])
    expect(await net().registry.read('frozenEraFor', 4)).to.equal(1n)
    await freeze(4)
    expect(await indices(4)).to.deep.equal([1, 2, 3, 4, 5, 6])
    expect([await indices(3), await indices(2)]).to.deep.equal([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ])
    expect(await net().registry.read('isFrozen', 3)).to.equal(false)
    expect(await net().registry.read('isFrozen', 0)).to.equal(false)
  })

  it('of past eras can still be read', async () => {
    for (let era = 2; era <= 5; era++) {
      await net().addVerifier()
      await net().enter(last(era - 1))
      await freeze(era)
    }
    for (let era = 1; era <= 5; era++) expect(await indices(era)).to.have.length(4 + era)
  })

  it('leave out a verifier that asked to leave, and only then start its unbonding', async () => {
    const { account } = net().verifiers[2]!
    await net().registry.send(account, 'exit')
    const since = await net().evm.now()
    await expectRevert(net().registry.send(account, 'exit'), 'AlreadyExiting', account, since)
    expect(await net().vault.read('activeStake', net().registry.address, account)).to.equal(VERIFIER_BOND)
    await expectRevert(net().vault.send(account, 'withdraw', net().registry.address, account), 'NothingToWithdraw')
    await net().enter(last(1))
    const receipt = await freeze(2)
    expect(net().registry.events(receipt, 'LeftOut')[0]?.args.index).to.equal(3n)
    expect(await indices(2)).to.deep.equal([1, 2, 5, 4])
    const [amount, releaseAt] = await net().vault.read<bigint[]>('unbondingOf', net().registry.address, account)
    expect(amount).to.equal(VERIFIER_BOND)
    expect(Number(releaseAt)).to.equal((await net().evm.now()) + PARAMS.unbondingSeconds)
    await net().enter(last(2))
    await expectRevert(freeze(3), 'NothingChanged', 3)
    await expectRevert(net().registry.send(account, 'exit'), 'AlreadyExiting', account, since)
    await net().evm.at(Number(releaseAt))
    await net().vault.send(account, 'withdraw', net().registry.address, account)
    expect(await net().token.read('balanceOf', account)).to.equal(VERIFIER_BOND)
  })

  it('without verifiers certify nothing', async () => {
    for (const { account } of net().verifiers) await net().registry.send(account, 'exit')
    await net().enter(last(1))
    await freeze(2)
    expect(await indices(2)).to.deep.equal([])
    await net().enter(last(1) + 2)
    const certificate = { header: await net().header(last(1) + 1), round: 0, nonSigners: [], signature: INFINITY_G2 }
    await expectRevert(net().post(certificate), 'SetTooSmall', 0, MINIMUM_VERIFIERS)
  })

  it('are not frozen if the gas is too little to write the snapshot', async () => {
    await net().addVerifier()
    await net().enter(last(1))
    const data = net().registry.interface.encodeFunctionData('freeze', [2])
    const attempt = (gas: number) => net().evm.call(net().deployer, net().registry.address, data, gas)
    let [low, high] = [30_000, 1_000_000] // fails with low, succeeds with high
    while (high - low > 200) {
      const middle = Math.floor((low + high) / 2)
      const done = await attempt(middle).then(
        () => true,
        () => false,
      )
      if (done) high = middle
      else low = middle
    }
    // The registry writes its own slots after the snapshot, so the limit of the snapshot lies somewhat below.
    let gas = low
    while (!(await attempt(gas).catch(error => error instanceof Reverted))) gas -= 2_000
    await expectRevert(attempt(gas), 'SnapshotFailed')
  })

  it('hold the registered keys and accounts, by position', async () => {
    const set = await net().registry.read<{ blsKey: Hex }[]>('frozenSet', 1)
    expect(set.map(({ blsKey }) => blsKey)).to.deep.equal(net().verifiers.map(({ key }) => key.publicKey))
    expect(await net().registry.read('setSize', 1)).to.equal(5n)
    for (const [position, { account, key }] of net().verifiers.entries()) {
      const [index, owner, words] = await net().registry.read<[bigint, Hex, bigint[]]>('memberAt', 1, position)
      expect([Number(index), owner.toLowerCase()]).to.deep.equal([position + 1, account])
      expect(`0x${words.map(word => word.toString(16).padStart(64, '0')).join('')}`).to.equal(key.publicKey)
    }
    await expectRevert(net().registry.read('memberAt', 1, 5), 'NoSuchPosition', 1, 5, 5)
    await expectRevert(net().registry.read('memberAt', 0, 0), 'NoSuchPosition', 0, 0, 0)
  })
})
