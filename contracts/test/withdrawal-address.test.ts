import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import fc from 'fast-check'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { keyOf } from './support/bls.js'
import { expectRevert } from './support/evm.js'
import { MINIMUM_STAKE, networkForEach, PARAMS, TestNetwork, VERIFIER_BOND } from './support/network.js'

const SEED = 20_261_127

describe('contracts: withdrawal addresses', () => {
  const net = networkForEach(() => TestNetwork.create())
  let hot: Hex
  let cold: Hex
  let thief: Hex
  beforeEach(() => {
    hot = net().newAccount()
    cold = net().newAccount()
    thief = net().newAccount()
  })
  const vault = () => net().vault
  const role = () => net().providers.address
  const holds = (account: Hex) => net().token.read('balanceOf', account)
  const register = (withdrawalAddress: Hex | string, from = hot) =>
    net().providers.send(from, 'register', 25_000, ZERO_HASH, keccakText('peer'), withdrawalAddress)
  const joinWith = async (withdrawalAddress: Hex | string) => {
    await net().deposit(net().providers, hot, MINIMUM_STAKE)
    await register(withdrawalAddress)
  }
  const set = (from: Hex, to: Hex | string) => vault().send(from, 'setWithdrawalAddress', role(), hot, to)
  const withdraw = (from: Hex, account = hot) => vault().send(from, 'withdraw', role(), account)
  const release = async () => net().evm.at((await net().evm.now()) + PARAMS.unbondingSeconds)

  it('a hot key that exits and withdraws pays the withdrawal address', async () => {
    await joinWith(cold)
    await net().providers.send(hot, 'exit')
    await release()
    const receipt = await withdraw(hot)
    const [event] = vault().events(receipt, 'Withdrawn')
    expect([event?.args.account.toLowerCase(), event?.args.to.toLowerCase()]).to.deep.equal([hot, cold])
    expect([await holds(cold), await holds(hot)]).to.deep.equal([MINIMUM_STAKE, 0n])
  })

  it('a verifier names its withdrawal address too, and each role has its own', async () => {
    const key = keyOf('hot')
    await net().deposit(net().registry, hot, VERIFIER_BOND)
    await net().registry.send(hot, 'register', key.publicKey, net().proofOf(key, hot), 1, cold)
    await joinWith(ZeroAddress)
    const of = async (registry: Hex) => (await vault().read<string>('withdrawalAddressOf', registry, hot)).toLowerCase()
    expect([await of(net().registry.address), await of(role())]).to.deep.equal([cold, hot])
  })

  it('is the account itself by default, until the account names another', async () => {
    await joinWith(ZeroAddress)
    await set(hot, cold)
    await expectRevert(set(hot, hot), 'NotWithdrawalAddress', role(), hot, hot, cold)
    await set(cold, hot)
  })

  it('only the withdrawal address replaces itself; nobody else withdraws', async () => {
    await joinWith(cold)
    for (const stranger of [hot, thief]) {
      await expectRevert(set(stranger, thief), 'NotWithdrawalAddress', role(), hot, stranger, cold)
    }
    await expectRevert(withdraw(thief), 'NotOwner', role(), hot, thief)
    const next = net().newAccount()
    await set(cold, next)
    await expectRevert(set(cold, cold), 'NotWithdrawalAddress', role(), hot, cold, next)
    await expectRevert(withdraw(cold), 'NotOwner', role(), hot, cold)
    await net().providers.send(hot, 'exit')
    await release()
    await withdraw(next)
    expect(await holds(next)).to.equal(MINIMUM_STAKE)
  })

  it('a thief cannot prepare an address before the registration, and the first bond is the registration', async () => {
    await expectRevert(set(hot, thief), 'NotWithdrawalAddress', role(), hot, hot, ZeroAddress)
    await net().deposit(net().providers, hot, MINIMUM_STAKE)
    await expectRevert(set(hot, thief), 'NotWithdrawalAddress', role(), hot, hot, ZeroAddress)
    await expectRevert(vault().send(hot, 'bond', hot, 0, thief), 'InsufficientDeposit', hot, hot, 0, 0)
    await register(cold)
    expect((await vault().read<string>('withdrawalAddressOf', role(), hot)).toLowerCase()).to.equal(cold)
  })

  it('neither zero nor the vault can be one: such tokens would be lost', async () => {
    await net().deposit(net().providers, hot, MINIMUM_STAKE)
    await expectRevert(register(vault().address), 'InvalidWithdrawalAddress', vault().address)
    await register(cold)
    await expectRevert(set(cold, ZeroAddress), 'InvalidWithdrawalAddress', ZeroAddress)
    await expectRevert(set(cold, vault().address), 'InvalidWithdrawalAddress', vault().address)
  })

  it('a stolen hot key redirects nothing, in any order of deposits, bonds, exits and withdrawals', async () => {
    const call = fc.constantFrom('deposit', 'topUp', 'register', 'exit', 'withdraw', 'set', 'bond', 'unbond', 'wait')
    const run = async (calls: string[]) => {
      const restore = await net().checkpoint()
      await joinWith(cold)
      let deposited = MINIMUM_STAKE
      for (const name of calls) {
        const doing: Record<string, () => Promise<unknown>> = {
          deposit: async () => {
            await net().fund(hot, 10n)
            await vault().send(hot, 'deposit', role(), 10n)
            deposited += 10n
          },
          topUp: () => net().providers.send(hot, 'topUp'),
          register: () => register(thief),
          exit: () => net().providers.send(hot, 'exit'),
          withdraw: () => withdraw(hot),
          set: () => set(hot, thief),
          bond: () => vault().send(hot, 'bond', hot, 0, thief),
          unbond: () => vault().send(hot, 'unbond', hot),
          wait: release,
        }
        await doing[name]!().catch(error => {
          if (!('errorName' in error)) throw error // a revert with a named error is a valid step
        })
      }
      const there = (await vault().read('freeOf', role(), hot)) + (await vault().read('slashable', role(), hot))
      expect([await holds(thief), (await holds(cold)) + there]).to.deep.equal([0n, deposited])
      await restore()
    }
    const calls = fc.array(call, { minLength: 4, maxLength: 12 })
    await fc.assert(fc.asyncProperty(calls, run), { seed: SEED, numRuns: 15 })
  })
})
