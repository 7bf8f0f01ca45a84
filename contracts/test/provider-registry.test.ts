import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { expectRevert } from './support/evm.js'
import {
  DAY,
  MINIMUM_STAKE,
  MINIMUM_VERIFIERS,
  networkForEach,
  PARAMS,
  TestNetwork,
  WEI_PER_MBPS,
} from './support/network.js'

interface Provider {
  readonly index: bigint
  readonly account: string
  readonly claimKbps: bigint
  readonly stake: bigint
}

describe('contracts: providers', () => {
  const net = networkForEach(() => TestNetwork.running())
  const MAX_UINT = 2n ** 256n - 1n
  const register = (account: Hex, claim = 25_000) =>
    net().providers.send(account, 'register', claim, ZERO_HASH, keccakText('peer'), ZeroAddress)
  const setClaim = (account: Hex, claim: number) => net().providers.send(account, 'setClaim', claim)
  const claimOf = async (account: Hex) =>
    Number((await net().providers.read<Provider>('providerOf', account)).claimKbps)
  const active = (offset: bigint | number = 0, limit: bigint | number = 100) =>
    net().providers.read<Provider[]>('active', offset, limit)

  describe('registration', () => {
    it('bonds the whole deposit and emits an event', async () => {
      const account = net().newAccount()
      await net().deposit(net().providers, account, MINIMUM_STAKE * 3n)
      const [event] = net().providers.events(await register(account), 'Registered')
      expect([event?.args.index, event?.args.claimKbps]).to.deep.equal([1n, 25_000n])
      expect((await active()).map(({ stake }) => stake)).to.deep.equal([MINIMUM_STAKE * 3n])
      expect(await net().vault.read('freeOf', net().providers.address, account)).to.equal(0n)
    })

    it('needs the minimum stake under the right role, and a claim that can be measured', async () => {
      const account = net().newAccount()
      await expectRevert(register(account), 'StakeTooLow')
      await net().deposit(net().registry, account, MINIMUM_STAKE)
      await expectRevert(register(account), 'StakeTooLow')
      await net().deposit(net().providers, account, MINIMUM_STAKE - 1n)
      await expectRevert(register(account), 'StakeTooLow')
      await net().deposit(net().providers, account, 1n)
      const least = PARAMS.minClaimKbps
      await expectRevert(register(account, 0), 'ClaimTooSmall', 0, least)
      await expectRevert(register(account, least - 1), 'ClaimTooSmall', least - 1, least)
      await register(account)
      await expectRevert(register(account), 'AlreadyRegistered', account, 1)
    })

    it('a claim of 2³² − 1 kbit/s without the stake for it is refused', async () => {
      const account = net().newAccount()
      await net().deposit(net().providers, account, MINIMUM_STAKE)
      const claim = 2 ** 32 - 1
      const needed = (BigInt(claim) * WEI_PER_MBPS) / 1000n
      await expectRevert(register(account, claim), 'ClaimExceedsStake', claim, MINIMUM_STAKE, needed)
      await expectRevert(register(account, 500_001), 'ClaimExceedsStake')
      await register(account, 500_000)
      await expectRevert(setClaim(account, claim), 'ClaimExceedsStake', claim, MINIMUM_STAKE, needed)
    })

    it('accepts only the registered peer id in an announcement', async () => {
      const account = net().newAccount()
      await expectRevert(net().providers.send(account, 'announce', 'peer', []), 'NotRegistered', account)
      await net().deposit(net().providers, account, MINIMUM_STAKE)
      await register(account)
      const args = [keccakText('another'), keccakText('peer')]
      await expectRevert(net().providers.send(account, 'announce', 'another', []), 'PeerIdMismatch', ...args)
      const receipt = await net().providers.send(account, 'announce', 'peer', ['/ip4/127.0.0.1/tcp/1'])
      expect(net().providers.events(receipt, 'Announced')[0]?.args.peerId).to.equal('peer')
    })
  })

  describe('claims', () => {
    let account: Hex
    beforeEach(async () => {
      account = await net().addProvider()
      await net().enter(1)
    })
    const set = (claim: number, from = account) => setClaim(from, claim)

    it('are in force at once if raised', async () => {
      await set(50_000)
      expect(await claimOf(account)).to.equal(50_000)
    })

    it('are in force after the delay if lowered, so that no provider dodges a breach under way', async () => {
      const receipt = await set(10_000)
      const effectiveAt = (await net().evm.now()) + PARAMS.claimDelaySeconds
      const [event] = net().providers.events(receipt, 'ClaimChanged')
      expect([event?.args.claimKbps, event?.args.effectiveAt]).to.deep.equal([10_000n, BigInt(effectiveAt)])
      await net().evm.at(effectiveAt - 1)
      expect(await claimOf(account)).to.equal(25_000)
      await net().evm.at(effectiveAt)
      expect(await claimOf(account)).to.equal(10_000)
      expect((await active())[0]?.claimKbps).to.equal(10_000n)
    })

    it('restart the delay if lowered twice', async () => {
      await set(10_000)
      await net().evm.at((await net().evm.now()) + DAY / 2)
      await set(20_000)
      await net().evm.at((await net().evm.now()) + DAY / 2 + 10)
      expect(await claimOf(account)).to.equal(25_000)
      await net().evm.at((await net().evm.now()) + DAY / 2)
      expect(await claimOf(account)).to.equal(20_000)
      await set(10_000)
      expect(await claimOf(account)).to.equal(20_000)
    })

    it('drop the pending lower claim if raised again', async () => {
      await set(10_000)
      await set(30_000)
      await net().evm.at((await net().evm.now()) + 2 * DAY)
      expect(await claimOf(account)).to.equal(30_000)
    })

    it('must be measurable and come from a registered account', async () => {
      await set(PARAMS.minClaimKbps)
      for (const small of [0, PARAMS.minClaimKbps - 1])
        await expectRevert(set(small), 'ClaimTooSmall', small, PARAMS.minClaimKbps)
      const stranger = net().newAccount()
      await expectRevert(set(1, stranger), 'NotRegistered', stranger)
      await expectRevert(net().providers.read('providerOf', stranger), 'NotRegistered', stranger)
    })
  })

  describe('stake', () => {
    let account: Hex
    beforeEach(async () => {
      account = await net().addProvider()
      await net().enter(1)
    })
    const topUp = async (amount: bigint) => {
      await net().deposit(net().providers, account, amount)
      return net().providers.send(account, 'topUp')
    }
    const slash = async (amount: bigint) => {
      await net().evm.impersonate(net().slashing.address)
      await net().vault.send(net().slashing.address, 'slash', net().providers.address, account, amount, 0, account)
    }

    it('that is added lets the claim rise in proportion', async () => {
      await expectRevert(
        setClaim(account, 501_000),
        'ClaimExceedsStake',
        501_000,
        MINIMUM_STAKE,
        MINIMUM_STAKE + WEI_PER_MBPS,
      )
      const [event] = net().providers.events(await topUp(WEI_PER_MBPS - 1n), 'ToppedUp')
      expect([event?.args.index, event?.args.amount]).to.deep.equal([1n, WEI_PER_MBPS - 1n])
      await expectRevert(setClaim(account, 501_000), 'ClaimExceedsStake')
      await topUp(1n)
      await setClaim(account, 501_000)
      expect((await active()).map(({ stake }) => stake)).to.deep.equal([MINIMUM_STAKE + WEI_PER_MBPS])
      await expectRevert(net().providers.send(account, 'topUp'), 'InsufficientDeposit')
    })

    it('that was slashed leaves the claim as it is, and lets nobody raise it', async () => {
      await setClaim(account, 500_000)
      await slash(MINIMUM_STAKE - WEI_PER_MBPS)
      expect(await claimOf(account)).to.equal(500_000)
      await expectRevert(setClaim(account, 500_001), 'ClaimExceedsStake')
      await setClaim(account, 500_000)
      await setClaim(account, 400_000)
      await setClaim(account, 500_000) // the claim in force: it only takes the lower one back
      await setClaim(account, 400_000)
      await net().evm.at((await net().evm.now()) + PARAMS.claimDelaySeconds)
      await expectRevert(setClaim(account, 400_001), 'ClaimExceedsStake')
    })

    it('that was slashed to nothing does not lock the provider in', async () => {
      await slash(MINIMUM_STAKE)
      expect(await net().providers.read('activeCount')).to.equal(1n)
      await net().providers.send(account, 'exit')
      expect(await net().providers.read('activeCount')).to.equal(0n)
    })

    it('that is deposited before an exit stays the owner’s, and nobody adds it after', async () => {
      await net().deposit(net().providers, account, 7n)
      await net().providers.send(account, 'exit')
      await expectRevert(net().providers.send(account, 'topUp'), 'AlreadyExited', account)
      await net().vault.send(account, 'withdraw', net().providers.address, account)
      expect(await net().token.read('balanceOf', account)).to.equal(7n)
    })
  })

  describe('exit', () => {
    it('removes the provider from the list at once, starts unbonding, and is final', async () => {
      const [first, second, third] = [await net().addProvider(), await net().addProvider(), await net().addProvider()]
      await net().providers.send(first, 'exit')
      expect((await active()).map(({ index }) => Number(index)).sort()).to.deep.equal([2, 3])
      await expectRevert(net().providers.send(first, 'exit'), 'AlreadyExited', first)
      await expectRevert(net().providers.send(first, 'setClaim', 1), 'AlreadyExited', first)
      await net().deposit(net().providers, first, MINIMUM_STAKE)
      await expectRevert(register(first), 'AlreadyRegistered', first, 1)
      const [amount] = await net().vault.read<bigint[]>('unbondingOf', net().providers.address, first)
      expect(amount).to.equal(MINIMUM_STAKE)
      await net().providers.send(third, 'exit')
      await net().providers.send(second, 'exit')
      expect(await net().providers.read('activeCount')).to.equal(0n)
      const next = await net().addProvider()
      expect((await active()).map(({ index, account }) => [index, account.toLowerCase()])).to.deep.equal([[4n, next]])
    })
  })

  describe('pages', () => {
    it('list each provider exactly once', async () => {
      for (let i = 0; i < 5; i++) await net().addProvider()
      const pages = [await active(0, 2), await active(2, 2), await active(4, 2), await active(5, 2), await active(9, 9)]
      expect(pages.map(({ length }) => length)).to.deep.equal([2, 2, 1, 0, 0])
      expect(new Set(pages.flatMap(page => [...page]).map(({ index }) => Number(index))).size).to.equal(5)
      expect(await active(1, MAX_UINT)).to.have.length(4)
      expect(await active(MAX_UINT, 1)).to.have.length(0)
    })
  })
})

describe('contracts: parameters of the provider registry', () => {
  const net = networkForEach(() => TestNetwork.create())
  it('must not be zero', async () => {
    const good = [net().vault.address, net().registry.address, MINIMUM_STAKE, WEI_PER_MBPS, DAY, 1]
    for (const [position, name] of [
      [2, 'minimumStake'],
      [3, 'weiPerMbps'],
      [4, 'claimDelaySeconds'],
      [5, 'minimumClaimKbps'],
    ] as const) {
      const args = good.map((value, i) => (i === position ? 0 : value))
      const deployment = net().evm.deploy(net().deployer, 'ProviderRegistry', args)
      await expectRevert(deployment, 'ZeroParameter', name.toLowerCase())
    }
  })
})

describe('contracts: claims before genesis', () => {
  const net = networkForEach(() => TestNetwork.create())
  it('change at once, whether raised or lowered', async () => {
    const account = await net().addProvider()
    await net().providers.send(account, 'setClaim', 10_000)
    for (let i = 0; i < MINIMUM_VERIFIERS; i++) await net().addVerifier()
    await net().start()
    await net().providers.send(account, 'setClaim', 8_000)
    const { claimKbps } = await net().providers.read<Provider>('providerOf', account)
    expect(claimKbps).to.equal(8_000n)
  })
})
