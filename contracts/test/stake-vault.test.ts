import { expect } from 'chai'
import fc from 'fast-check'
import { keccakWords } from '../../proto/hash.js'
import type { Hex } from '../../proto/hex.js'
import { keyOf } from './support/bls.js'
import { expectRevert } from './support/evm.js'
import { DAY, MINIMUM_STAKE, networkForEach, PARAMS, START_DELAY, TestNetwork, TOKEN, WEEK } from './support/network.js'

const SEED = 20_261_123

describe('contracts: stake vault', () => {
  const net = networkForEach(() => TestNetwork.create())
  let account: Hex
  let role: Hex
  beforeEach(() => {
    account = net().newAccount()
    role = net().newAccount() // any address can be a role, for its own accounts only
  })
  const vault = () => net().vault
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
    await vault().send(role, 'bond', account, 7n)
    expect(await balances()).to.deep.equal({ free: 3n, active: 7n, unbonding: 0n, slashable: 7n })
    await vault().send(role, 'bond', account, 0)
    expect(await balances()).to.deep.equal({ free: 0n, active: 10n, unbonding: 0n, slashable: 10n })
    await vault().send(role, 'unbond', account)
    expect(await balances()).to.deep.equal({ free: 0n, active: 0n, unbonding: 10n, slashable: 10n })
    await net().evm.at((await net().evm.now()) + PARAMS.unbondingSeconds)
    expect((await balances()).slashable).to.equal(10n) // until the owner withdraws the tokens
    await vault().send(account, 'withdraw', role)
    expect(await balances()).to.deep.equal({ free: 0n, active: 0n, unbonding: 0n, slashable: 0n })
    expect(await net().token.read('balanceOf', account)).to.equal(10n)
  })

  it('pays out free tokens at once', async () => {
    await deposit(10n)
    await vault().send(account, 'withdraw', role)
    await expectRevert(vault().send(account, 'withdraw', role), 'NothingToWithdraw', role, account, 0)
  })

  it('rejects zero amounts, more than the balance, and deposits without allowance', async () => {
    await expectRevert(vault().send(account, 'deposit', role, 0), 'ZeroAmount')
    await expectRevert(vault().send(role, 'bond', account, 0), 'InsufficientDeposit', role, account, 0, 0)
    await deposit(10n)
    await expectRevert(vault().send(role, 'bond', account, 11), 'InsufficientDeposit', role, account, 10, 11)
    await expectRevert(vault().send(role, 'unbond', account), 'NothingActive', role, account)
    await expectRevert(vault().send(account, 'deposit', role, 1n << 96n), 'SafeCastOverflowedUintDowncast')
    await expectRevert(vault().send(account, 'deposit', role, 1), 'ERC20InsufficientAllowance')
  })

  it('rejects a balance that its history cannot hold', async () => {
    const tooLarge = (1n << 64n) * 10n ** 9n
    const slot = keccakWords(['address', 'uint256'], [account, 0n]) // in `balances`, the first mapping
    await net().evm.rpc('anvil_setStorageAt', net().token.address, slot, `0x${tooLarge.toString(16).padStart(64, '0')}`)
    await net().token.send(account, 'approve', vault().address, tooLarge)
    await vault().send(account, 'deposit', role, tooLarge)
    await expectRevert(vault().send(role, 'bond', account, 0), 'BalanceTooLarge')
    await vault().send(role, 'bond', account, tooLarge - 1n)
  })

  it('lets a role change only its own accounts', async () => {
    await deposit(10n)
    await vault().send(role, 'bond', account, 0)
    const stranger = net().newAccount()
    await expectRevert(vault().send(stranger, 'bond', account, 1), 'InsufficientDeposit', stranger, account, 0, 1)
    await expectRevert(vault().send(stranger, 'unbond', account), 'NothingActive', stranger, account)
    await expectRevert(vault().send(account, 'withdraw', role), 'NothingToWithdraw', role, account, 0)
  })

  it('lets only the slashing manager slash', () =>
    expectRevert(vault().send(account, 'slash', role, account, 1, 0, account), 'NotSlashingManager', account))

  it('never shortens unbonding, and restarts it for all tokens at a second unbonding', async () => {
    await deposit(10n)
    await vault().send(role, 'bond', account, 4n)
    await vault().send(role, 'unbond', account)
    const first = (await net().evm.now()) + PARAMS.unbondingSeconds
    await net().evm.at(first - 10)
    await vault().send(role, 'bond', account, 0)
    await vault().send(role, 'unbond', account)
    const second = (await net().evm.now()) + PARAMS.unbondingSeconds
    await net().evm.at(first + 10)
    await expectRevert(vault().send(account, 'withdraw', role), 'NothingToWithdraw', role, account, second)
    await net().evm.at(second - 2)
    await expectRevert(vault().send(account, 'withdraw', role), 'NothingToWithdraw')
    await net().evm.at(second)
    await vault().send(account, 'withdraw', role)
    expect(await net().token.read('balanceOf', account)).to.equal(10n)
  })

  it('remembers the slashable tokens at the start of three weeks', async () => {
    const at = (week: number) => vault().read('slashableAtStartOf', week, role, account)
    const first = Math.floor((await net().evm.now()) / WEEK) + 1
    const gwei = 10n ** 9n
    await net().fund(account, 10n * gwei)
    await vault().send(account, 'deposit', role, 10n * gwei)
    for (const [i, amount] of [1n, 2n, 3n, 4n].entries()) {
      await net().evm.at((first + i) * WEEK + DAY)
      await vault().send(role, 'bond', account, amount * gwei)
    }
    expect(await at(first + 4)).to.equal(10n * gwei)
    expect(await at(first + 3)).to.equal(6n * gwei)
    expect(await at(first + 2)).to.equal(3n * gwei)
    expect(await at(first + 1)).to.equal(1n * gwei)
    await expectRevert(at(first), 'WeekTooOld', first, first + 1)
    await net().evm.at((first + 5) * WEEK + DAY) // a week without a change, then a change
    await vault().send(role, 'unbond', account)
    await net().evm.at((first + 5) * WEEK + DAY + PARAMS.unbondingSeconds)
    await vault().send(account, 'withdraw', role)
    expect(await at(first + 8)).to.equal(0n)
    expect(await at(first + 6)).to.equal(10n * gwei)
    expect(await at(first + 5)).to.equal(10n * gwei)
  })

  it('accounts for every token after any sequence of calls', async () => {
    const accounts = [net().newAccount(), net().newAccount()]
    const roles = [net().newAccount(), net().newAccount()]
    for (const owner of accounts) await net().fund(owner, 1_000n * TOKEN)
    const action = fc.record({
      name: fc.constantFrom('deposit', 'withdraw', 'bond', 'unbond', 'wait'),
      account: fc.constantFrom(...accounts),
      role: fc.constantFrom(...roles),
      amount: fc.bigInt(0n, 400n * TOKEN),
    })
    const run = async (actions: (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) => {
      const restore = await net().checkpoint()
      for (const { name, account: owner, role: under, amount } of actions) {
        const doing =
          name === 'deposit'
            ? vault().send(owner, 'deposit', under, amount)
            : name === 'withdraw'
              ? vault().send(owner, 'withdraw', under)
              : name === 'wait'
                ? net().evm.at((await net().evm.now()) + PARAMS.unbondingSeconds)
                : vault().send(under, name, owner, ...(name === 'bond' ? [amount] : []))
        await Promise.resolve(doing).catch(error => {
          if (!('errorName' in error)) throw error // a revert with a named error is a valid step
        })
      }
      let held = 0n
      for (const owner of accounts) {
        let own = await net().token.read('balanceOf', owner)
        for (const under of roles) {
          const there = (await vault().read('freeOf', under, owner)) + (await vault().read('slashable', under, owner))
          held += there
          own += there
        }
        expect(own).to.equal(1_000n * TOKEN)
      }
      expect(await net().token.read('balanceOf', vault().address)).to.equal(held)
      await restore()
    }
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 20 }), run), {
      seed: SEED,
      numRuns: 12,
    })
  })
})

describe('contracts: stakes of verifiers and providers that leave', () => {
  const net = networkForEach(() => TestNetwork.create())
  it('stay bonded if the network never starts', async () => {
    const { account } = await net().addVerifier(keyOf('leaver'))
    await net().registry.send(account, 'exit')
    await net().evm.at((await net().evm.now()) + START_DELAY + PARAMS.unbondingSeconds)
    await expectRevert(net().vault.send(account, 'withdraw', net().registry.address), 'NothingToWithdraw')
  })

  it('stay slashable after the exit of a provider', async () => {
    const provider = await net().addProvider()
    await net().providers.send(provider, 'exit')
    await net().evm.at((await net().evm.now()) + PARAMS.unbondingSeconds - 5)
    await expectRevert(net().vault.send(provider, 'withdraw', net().providers.address), 'NothingToWithdraw')
    expect(await net().vault.read('slashable', net().providers.address, provider)).to.equal(MINIMUM_STAKE)
  })
})
