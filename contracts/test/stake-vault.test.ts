import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import { keyOf } from './support/bls.js'
import { expectRevert } from './support/evm.js'
import {
  DAY,
  MINIMUM_STAKE,
  MINIMUM_VERIFIERS,
  networkForEach,
  PARAMS,
  TestNetwork,
  VERIFIER_BOND,
  WEEK,
} from './support/network.js'

describe('contracts: stake vault', () => {
  const net = networkForEach(() => TestNetwork.create())
  let account: Hex
  let role: Hex
  beforeEach(async () => {
    account = net().newAccount()
    role = net().providers.address
    await net().evm.impersonate(role)
  })
  const vault = () => net().vault
  const bond = (amount: bigint | number, from = role) => vault().send(from, 'bond', account, amount, ZeroAddress)
  const unbond = (from = role) => vault().send(from, 'unbond', account)
  const withdraw = (from = account) => vault().send(from, 'withdraw', role, account)
  const deposit = async (amount: bigint) => {
    await net().fund(account, amount)
    await vault().send(account, 'deposit', role, amount)
  }
  const balances = async () => ({
    free: await vault().read('freeOf', role, account),
    active: await vault().read('activeStake', role, account),
    unbonding: (await vault().read<bigint[]>('unbondingOf', role, account))[0],
    slashable: await vault().read('slashable', role, account),
  })

  it('moves tokens from free to active to unbonding to the owner', async () => {
    await deposit(10n)
    expect(await balances()).to.deep.equal({ free: 10n, active: 0n, unbonding: 0n, slashable: 0n })
    await bond(7n)
    expect(await balances()).to.deep.equal({ free: 3n, active: 7n, unbonding: 0n, slashable: 7n })
    await bond(0)
    expect(await balances()).to.deep.equal({ free: 0n, active: 10n, unbonding: 0n, slashable: 10n })
    await unbond()
    expect(await balances()).to.deep.equal({ free: 0n, active: 0n, unbonding: 10n, slashable: 10n })
    await net().evm.at((await net().evm.now()) + PARAMS.unbondingSeconds)
    expect((await balances()).slashable).to.equal(10n) // until the owner withdraws the tokens
    await withdraw()
    expect(await balances()).to.deep.equal({ free: 0n, active: 0n, unbonding: 0n, slashable: 0n })
    expect(await net().token.read('balanceOf', account)).to.equal(10n)
  })

  it('pays out free tokens at once', async () => {
    await deposit(10n)
    await withdraw()
    await expectRevert(withdraw(), 'NothingToWithdraw', role, account, 0)
  })

  it('rejects zero amounts, more than the balance, unknown roles, and deposits without allowance', async () => {
    await expectRevert(vault().send(account, 'deposit', role, 0), 'ZeroAmount')
    await expectRevert(bond(0), 'InsufficientDeposit', role, account, 0, 0)
    await deposit(10n)
    await expectRevert(bond(11), 'InsufficientDeposit', role, account, 10, 11)
    await expectRevert(vault().send(account, 'deposit', role, 1), 'ERC20InsufficientAllowance')
    await expectRevert(vault().send(account, 'deposit', account, 1), 'UnknownRole', account)
  })

  it('lets a role change only its own accounts', async () => {
    await deposit(10n)
    await bond(0)
    for (const stranger of [net().newAccount(), net().registry.address]) {
      await net().evm.impersonate(stranger)
      await expectRevert(bond(1, stranger), 'InsufficientDeposit', stranger, account, 0, 1)
      await unbond(stranger)
    }
    expect(await balances()).to.deep.equal({ free: 0n, active: 10n, unbonding: 0n, slashable: 10n })
    await expectRevert(withdraw(), 'NothingToWithdraw', role, account, 0)
  })

  it('lets each slasher slash its own role only', async () => {
    const slashers = await Promise.all(
      ['slashingManager', 'equivocationSlasher'].map(name => vault().read<string>(name)),
    )
    const [manager, equivocation] = slashers.map(address => address.toLowerCase() as Hex)
    const slash = (from: Hex, under: Hex) => vault().send(from, 'slash', under, account, 1, 0, account)
    for (const from of [account, role, manager!, equivocation!]) {
      await net().evm.impersonate(from)
      if (from !== manager) await expectRevert(slash(from, role), 'NotSlasher', role, from)
      if (from !== equivocation) {
        await expectRevert(slash(from, net().registry.address), 'NotSlasher', net().registry.address, from)
      }
      await expectRevert(slash(from, account), 'NotSlasher', account, from)
    }
    await deposit(3n)
    await bond(0)
    await slash(manager!, role)
    expect((await balances()).active).to.equal(2n)
  })

  it('refunds at most the charge, takes at most what is there, and burns the rest', async () => {
    const manager = net().slashing.address
    await net().evm.impersonate(manager)
    const paidTo = net().newAccount()
    const paid = () => net().token.read('balanceOf', paidTo)
    await deposit(10n)
    await bond(6n)
    await unbond()
    await bond(4n)
    const supply = await net().token.read('totalSupply')
    const slash = async (amount: number, refund: number) => {
      const receipt = await vault().send(manager, 'slash', role, account, amount, refund, paidTo)
      const args = vault().events(receipt, 'Slashed')[0]?.args
      return args && [args.amount, args.refunded]
    }
    expect(await slash(5, 2)).to.deep.equal([5n, 2n])
    expect(await balances()).to.deep.equal({ free: 0n, active: 0n, unbonding: 5n, slashable: 5n })
    expect(await slash(1, 100)).to.deep.equal([1n, 1n])
    expect(await slash(100, 0)).to.deep.equal([4n, 0n])
    expect(await slash(100, 100)).to.equal(undefined)
    expect(await paid()).to.equal(3n)
    expect(await net().token.read('totalSupply')).to.equal(supply - 7n)
    expect(await net().token.read('balanceOf', vault().address)).to.equal(0n)
  })

  it('never shortens unbonding, and restarts it for all tokens at a second unbonding', async () => {
    await deposit(10n)
    await bond(4n)
    await unbond()
    const first = (await net().evm.now()) + PARAMS.unbondingSeconds
    await net().evm.at(first - 100)
    await bond(0)
    await unbond()
    const second = (await net().evm.now()) + PARAMS.unbondingSeconds
    await net().evm.at(first + 100)
    await expectRevert(withdraw(), 'NothingToWithdraw', role, account, second)
    await net().evm.nextAt(second - 1)
    await expectRevert(withdraw(), 'NothingToWithdraw')
    await net().evm.at(second)
    await withdraw()
    expect(await net().token.read('balanceOf', account)).to.equal(10n)
  })

  it('remembers the slashable tokens at the start of three weeks', async () => {
    const at = async (week: number) =>
      (await vault().read<[bigint, bigint]>('slashableAtStartOf', week, role, account))[0]
    const first = Math.floor((await net().evm.now()) / WEEK) + 1
    const gwei = 10n ** 9n
    await net().fund(account, 10n * gwei)
    await vault().send(account, 'deposit', role, 10n * gwei)
    for (const [i, amount] of [1n, 2n, 3n, 4n].entries()) {
      await net().evm.at((first + i) * WEEK + DAY)
      await bond(amount * gwei)
    }
    expect(await at(first + 4)).to.equal(10n * gwei)
    expect(await at(first + 3)).to.equal(6n * gwei)
    expect(await at(first + 2)).to.equal(3n * gwei)
    expect(await at(first + 1)).to.equal(1n * gwei)
    await expectRevert(at(first), 'WeekTooOld', first, first + 1)
    await net().evm.at((first + 5) * WEEK + DAY) // a week without a change, then a change
    await unbond()
    await net().evm.at((first + 5) * WEEK + DAY + PARAMS.unbondingSeconds)
    await withdraw()
    expect(await at(first + 8)).to.equal(0n)
    expect(await at(first + 6)).to.equal(10n * gwei)
    expect(await at(first + 5)).to.equal(10n * gwei)
  })
})

describe('contracts: stakes of verifiers and providers that leave', () => {
  const net = networkForEach(() => TestNetwork.create())
  it('are unbonded and paid also if the network never starts', async () => {
    const { account } = await net().addVerifier(keyOf('leaver'))
    const withdraw = () => net().vault.send(account, 'withdraw', net().registry.address, account)
    await net().registry.send(account, 'exit')
    const releaseAt = (await net().evm.now()) + PARAMS.unbondingSeconds
    await net().evm.nextAt(releaseAt - 1)
    await expectRevert(withdraw(), 'NothingToWithdraw', net().registry.address, account, releaseAt)
    await net().evm.at(releaseAt)
    await withdraw()
    expect(await net().token.read('balanceOf', account)).to.equal(VERIFIER_BOND)
  })

  it('a bond slashed to nothing locks no other leaver in', async () => {
    const [bad, honest] = [await net().addVerifier(), await net().addVerifier()]
    for (let i = 2; i < MINIMUM_VERIFIERS; i++) await net().addVerifier()
    await net().start()
    const [registry, slasher] = [
      net().registry,
      (await net().vault.read<Hex>('equivocationSlasher')).toLowerCase() as Hex,
    ]
    await net().evm.impersonate(slasher)
    await net().vault.send(slasher, 'slash', registry.address, bad.account, VERIFIER_BOND, 0, slasher)
    for (const { account } of [bad, honest]) await registry.send(account, 'exit')
    await net().enter(PARAMS.eraEpochs)
    await registry.send(net().deployer, 'freeze', 2)
    await net().evm.at((await net().evm.now()) + PARAMS.unbondingSeconds)
    await net().vault.send(honest.account, 'withdraw', registry.address, honest.account)
    expect(await net().token.read('balanceOf', honest.account)).to.equal(VERIFIER_BOND)
    const nothing = ['NothingToWithdraw', registry.address, bad.account, 0] as const
    await expectRevert(net().vault.send(bad.account, 'withdraw', registry.address, bad.account), ...nothing)
  })

  it('stay slashable after the exit of a provider', async () => {
    const provider = await net().addProvider()
    await net().providers.send(provider, 'exit')
    await net().evm.nextAt((await net().evm.now()) + PARAMS.unbondingSeconds - 1)
    await expectRevert(net().vault.send(provider, 'withdraw', net().providers.address, provider), 'NothingToWithdraw')
    expect(await net().vault.read('slashable', net().providers.address, provider)).to.equal(MINIMUM_STAKE)
  })
})
