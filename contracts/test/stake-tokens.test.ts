import { expect } from 'chai'
import { getCreateAddress, ZeroAddress } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import { type Bound, expectRevert, theChain } from './support/evm.js'
import { networkForEach, PARAMS, TestNetwork, WEEK } from './support/network.js'
import { deployOdd } from './support/odd-tokens.js'

const MAX_UINT64 = 2n ** 64n - 1n

const networkOf = async (token: string, ...args: unknown[]) => {
  const { address } = await deployOdd(await theChain(), token, args)
  return TestNetwork.create(PARAMS, { token: address })
}

describe('contracts: stake tokens that a vault refuses', () => {
  const net = networkForEach(() => TestNetwork.create())
  const roles = () => ({
    providerRegistry: net().providers.address,
    slashingManager: net().slashing.address,
    verifierRegistry: net().registry.address,
    equivocationSlasher: net().newAccount(),
  })
  const deployVault = (token: Hex, given: Partial<ReturnType<typeof roles>> = {}, unbonding = 1) =>
    net().evm.deploy(net().deployer, 'StakeVault', [token, { ...roles(), ...given }, unbonding])
  const refused = async (token: Bound, error: string, ...args: unknown[]) =>
    expectRevert(deployVault(token.address), error, ...args)

  it('a token that cannot burn is refused at deployment', async () => {
    const token = await deployOdd(net().evm, 'UnburnableToken')
    await refused(token, 'TokenCannotBurn', token.address)
  })

  it('a token that takes every call and does nothing cannot pass for one that burns', async () => {
    const token = await deployOdd(net().evm, 'FallbackToken')
    await refused(token, 'TokenCannotBurn', token.address)
  })

  it('tokens sent to the address of a vault before its deployment do not prevent the deployment', async () => {
    const nonce = Number(await net().evm.rpc('eth_getTransactionCount', net().deployer, 'latest')) + 1
    await net().token.send(net().deployer, 'transfer', getCreateAddress({ from: net().deployer, nonce }), 5)
    const vault = await deployVault(net().token.address)
    expect(await net().token.read('balanceOf', vault)).to.equal(5n)
  })

  it('a token of more than 18 decimals is refused at deployment', async () => {
    await refused(await deployOdd(net().evm, 'DecimalsToken', [19]), 'TooManyDecimals', 19, 18)
  })

  it('parameters of zero, and one registry in both roles, are refused', async () => {
    const token = net().token.address
    for (const name of Object.keys(roles())) {
      await expectRevert(deployVault(token, { [name]: ZeroAddress }), 'ZeroParameter', name.toLowerCase())
    }
    const registry = net().registry.address
    await expectRevert(deployVault(token, { providerRegistry: registry }), 'SameRole', registry)
    await expectRevert(deployVault(token, {}, 0), 'ZeroParameter', 'unbondingseconds')
  })
})

describe('contracts: a stake token that takes a fee of each transfer', () => {
  const net = networkForEach(() => networkOf('FeeToken'))
  it('cannot be deposited, so that the vault never owes more than it holds', async () => {
    const account = net().newAccount()
    await net().fund(account, 1_000n)
    await net().token.send(account, 'approve', net().vault.address, 900n)
    const role = net().providers.address
    await expectRevert(net().vault.send(account, 'deposit', role, 900n), 'TransferNotExact', 900, 891)
    expect(await net().token.read('balanceOf', net().vault.address)).to.equal(0n)
    expect(await net().vault.read('freeOf', role, account)).to.equal(0n)
  })
})

describe('contracts: a stake token of 6 decimals', () => {
  const net = networkForEach(() => networkOf('DecimalsToken', 6))
  it('has a base of penalties to the smallest unit, not to a thousand tokens', async () => {
    const account = net().newAccount()
    const { vault, providers } = net()
    const stake = 999_999_999n // 999.999999 tokens
    await net().evm.impersonate(providers.address)
    await net().deposit(providers, account, stake)
    await vault.send(providers.address, 'bond', account, 0, ZeroAddress)
    const week = Math.floor((await net().evm.now()) / WEEK)
    const at = async (week: number) =>
      (await vault.read<[bigint, bigint]>('slashableAtStartOf', week, providers.address, account))[0]
    expect(await at(week)).to.equal(stake)
    await net().deposit(providers, account, 1n)
    await net().evm.at((week + 1) * WEEK)
    await vault.send(providers.address, 'bond', account, 0, ZeroAddress)
    expect(await at(week + 1)).to.equal(stake)
    expect(await at(week + 2)).to.equal(stake + 1n)
  })
})

describe('contracts: stakes at the limit of their record', () => {
  for (const [decimals, unit] of [
    [0, 1n],
    [6, 1n],
    [9, 1n],
    [10, 10n],
    [18, 10n ** 9n],
  ] as const) {
    describe(`a token of ${decimals} decimals`, () => {
      const net = networkForEach(() => networkOf('DecimalsToken', decimals))
      it('refuses at the deposit what a later slash could not record', async () => {
        const account = net().newAccount()
        const { vault, providers, slashing } = net()
        const limit = MAX_UINT64 * unit
        expect(await vault.read('maximumBalance')).to.equal(limit)
        await net().evm.impersonate(providers.address)
        await net().evm.impersonate(slashing.address)
        const deposit = (amount: bigint) => net().deposit(providers, account, amount)
        const bond = () => vault.send(providers.address, 'bond', account, 0, ZeroAddress)
        await deposit(limit - 2n)
        await bond()
        await vault.send(providers.address, 'unbond', account)
        await deposit(1n)
        await bond()
        for (const amount of [2n, limit, 2n ** 96n, 2n ** 255n]) {
          await expectRevert(deposit(amount), 'BalanceTooLarge')
        }
        await deposit(1n)
        await bond()
        await net().evm.at((await net().evm.now()) + WEEK)
        const slash = ['slash', providers.address, account, limit, 0, account] as const
        await vault.send(slashing.address, ...slash)
        expect(await vault.read('slashable', providers.address, account)).to.equal(0n)
      })
    })
  }
})

describe('contracts: a stake token that calls back', () => {
  const net = networkForEach(() => networkOf('HookToken'))
  it('cannot be withdrawn while its deposit is still on its way', async () => {
    const role = net().providers
    await net().deposit(role, net().newAccount(), 1_000n)
    const thief = await deployOdd(net().evm, 'Puppet')
    const tell = (how: string, target: Bound, method: string, ...args: unknown[]) =>
      thief.send(net().deployer, how, target.address, target.interface.encodeFunctionData(method, args))
    await net().token.send(net().deployer, 'transfer', thief.address, 500n)
    await tell('execute', net().token, 'approve', net().vault.address, 500n)
    await tell('whenTokensMove', net().vault, 'withdraw', role.address, thief.address)
    const deposit = tell('execute', net().vault, 'deposit', role.address, 500n)
    await expectRevert(deposit, 'TransferNotExact', 500, 0)
    expect(await net().token.read('balanceOf', net().vault.address)).to.equal(1_000n)
  })
})
