/** Who is measured in a window is fixed an epoch before the beacon that draws its receivers. */
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { PROVIDER_STAKE } from '../../../testnet/network/setup.js'
import { assign } from '../../core/assignment/assign.js'
import { type BlockFacts, withLinks } from '../../core/facts.js'
import { accountOf } from '../account.js'
import { connectChain } from '../connect.js'
import { joinAsProvider } from '../join.js'
import { PARAMS, receiptOf, useLiveNetwork } from './live-network.js'

const NEWCOMER = keccakText('newcomer')
const CLAIM_KBPS = 25_000

/** A set of a real network's size, of which every third verifier colludes. */
const SET_SIZE = 128
const RECEIVERS = 31
const isColluder = (index: number) => index % 3 === 0
const CROWD = Array.from({ length: SET_SIZE }, (_, index) => ({
  ...{
    index,
    position: index,
    account: accountOf(keccakText(`verifier ${index}`)),
    blsKey: `0x${'11'.repeat(128)}` as Hex,
  },
  capacityKbps: 1_000_000,
}))

/** How many colluders the beacon draws as receivers of an account that is measured. */
function colludersOf({ windowBeacon, beacon, ...facts }: BlockFacts, account: Hex): number {
  const one = { index: 1, account, claimKbps: CLAIM_KBPS, region: ZERO_HASH, stake: 1n, inWindow: true, active: true }
  const drawn = withLinks({ ...facts, windowBeacon, beacon, verifiers: CROWD, providers: [one] }, [])
  return assign(drawn, { ...PARAMS, receivers: RECEIVERS })
    .receiversOf(account)
    .filter(isColluder).length
}

describe('the registrations of a window', () => {
  const net = useLiveNetwork()
  const account = accountOf(NEWCOMER)
  const at = async (epoch: number) => {
    const { providers } = (await net.chain.factsAt(epoch))!
    return providers.find(one => one.account === account)
  }

  async function fund(): Promise<void> {
    const { provider, contracts } = net.chain.context
    const treasury = new Wallet(net.live.anvil.accounts[0]!.privateKey, provider)
    await receiptOf(await treasury.sendTransaction({ to: account, value: 10n ** 18n }))
    const data = contracts.stakeToken.interface.encodeFunctionData('transfer', [account, PROVIDER_STAKE])
    await receiptOf(await treasury.sendTransaction({ to: contracts.stakeToken.target, data }))
  }

  /** @param work what happens once the three transactions are sent */
  async function register(work: () => Promise<void> = async () => {}): Promise<void> {
    const { anvil, setup } = net.live
    const chain = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey: NEWCOMER })
    try {
      const application = { stake: PROVIDER_STAKE, claimKbps: CLAIM_KBPS, region: ZERO_HASH, peerId: 'peer' }
      await Promise.all([joinAsProvider(chain.sender!, application), work()])
    } finally {
      chain.close()
    }
  }

  it('grinding a thousand accounts against a known beacon gains nothing', async () => {
    await net.live.runTo(1)
    await fund()
    await register()
    const { number } = (await net.chain.context.provider.getBlock('latest'))!
    const third = await net.live.runTo(3)
    expect((await net.chain.factsAt(3))!.blockNumber, 'it registered when the beacon was known').to.equal(number)

    const accounts = [account, ...Array.from({ length: 999 }, (_, i) => accountOf(keccakText(`ground ${i}`)))]
    const best = Math.max(...accounts.map(one => colludersOf(third, one)))
    const average = (RECEIVERS * CROWD.filter(({ index }) => isColluder(index)).length) / SET_SIZE
    expect(best, 'what a choice among a thousand is worth').to.be.greaterThan(average + 4)

    expect(await at(3), 'none of them is measured by this beacon').to.include({ active: true, inWindow: false })
    expect(assign(withLinks(third, []), PARAMS).receiversOf(account)).to.deep.equal([])
    const fourth = await net.live.runTo(4)
    expect(await at(4)).to.include({ active: true, inWindow: true })
    expect(fourth.blockNumber, 'the beacon of its first window').to.be.greaterThan(number)
    expect(assign(withLinks(fourth, []), PARAMS).receiversOf(account)).to.have.length.greaterThan(0)
  })

  it('the first window holds who had registered at start, since its beacon comes after', async () => {
    await fund()
    const genesis = await net.live.startEpochs()
    await net.live.rpc('evm_setAutomine', [false])
    await register(async () => {
      await net.live.pending(3)
      await net.live.mineAt(genesis - 1)
    })
    await net.live.rpc('evm_setAutomine', [true])
    const first = await net.live.runTo(1)
    expect(first.providers.filter(({ inWindow }) => inWindow).map(one => one.account)).to.have.members(
      net.live.setup.providers.map(one => one.account),
    )
    expect(await at(1)).to.include({ active: true, inWindow: false })
    await net.live.runTo(2)
    expect(await at(2)).to.include({ active: true, inWindow: true })
  })

  it('a claim raised when the beacon was known counts from the next window', async () => {
    await net.live.runTo(1)
    const { contracts, provider } = net.chain.context
    const { name, account: raiser } = net.live.setup.providers[0]!
    const data = contracts.providerRegistry.interface.encodeFunctionData('setClaim', [CLAIM_KBPS + 1])
    const wallet = new Wallet(net.live.keys[name]!.evm, provider)
    await receiptOf(await wallet.sendTransaction({ to: contracts.providerRegistry.target, data }))
    const claims = async (epoch: number) =>
      (await net.live.runTo(epoch)).providers.find(one => one.account === raiser)?.claimKbps
    expect([await claims(2), await claims(3), await claims(4)]).to.deep.equal([CLAIM_KBPS, CLAIM_KBPS, CLAIM_KBPS + 1])
  })
})
