/** What one node announces reaches all readers of the chain, so no announcement may break a reader. */
import { expect } from 'chai'
import { Wallet } from 'ethers'
import type { Hex } from '../../../proto/hex.js'
import { tokenKeyEntry } from '../../../proto/token.js'
import { peerIdOf } from '../../../testnet/network/setup.js'
import type { Announcement } from '../../core/ports.js'
import { REGISTRY } from '../announcements.js'
import type { EthersChain } from '../ethers-chain.js'
import { useLiveNetwork } from './live-network.js'

const READABLE = '/ip4/203.0.113.7/tcp/4001'
/** Stands in a call's data for a text that no reader can decode. */
const PLACEHOLDER = 'unreadable'
const PLACEHOLDER_BYTES = Buffer.from(PLACEHOLDER).toString('hex')
/** A byte that no UTF-8 text holds. */
const NO_UTF8 = 'ff'.repeat(PLACEHOLDER.length)

describe('announcements', function () {
  this.timeout(60_000)
  const net = useLiveNetwork()

  /** A transaction made by hand, since the adapter sends texts only. The registry refuses it. */
  async function announceBytes(role: Announcement['role'], name: string, peerId: string, multiaddrs: string[]) {
    const { contracts, provider } = net.chain.context
    const registry = contracts[REGISTRY[role]]
    const call = registry.interface.encodeFunctionData('announce', [peerId, multiaddrs])
    expect(call).to.include(PLACEHOLDER_BYTES)
    const wallet = new Wallet(net.live.keys[name]!.evm, provider)
    const sent = await wallet.sendTransaction({
      to: registry.target,
      data: call.replaceAll(PLACEHOLDER_BYTES, NO_UTF8),
      gasLimit: 1_000_000,
    })
    expect((await provider.getTransactionReceipt(sent.hash))?.status).to.equal(0)
  }

  it('an announcement that is no UTF-8 stops nobody', async () => {
    const peerId = await peerIdOf(net.live.keys.p0!)
    await net.chain.announce('verifier', 'peer-0', [READABLE])
    await announceBytes('verifier', 'v1', PLACEHOLDER, [PLACEHOLDER])
    await announceBytes('provider', 'p0', peerId, [PLACEHOLDER, READABLE])
    const read = async (chain: EthersChain) => ({
      first: await chain.factsAt(1),
      second: await chain.factsAt(2),
      newest: await chain.announcements(),
      announcedIn: await chain.announcedIn(1),
    })
    await net.live.runTo(2)
    const { first, second, newest, announcedIn } = await read(net.chain)
    const { verifiers, providers } = net.live.setup
    const [broken, other] = [providers[0]!, providers[1]!]
    for (const facts of [first, second]) {
      expect(facts?.verifiers).to.have.length(verifiers.length)
      expect(facts?.providers.map(({ index }) => index)).to.have.members([broken.index, other.index])
    }
    const texts = newest.map(({ role, index, peerId, multiaddrs }) => ({ role, index, peerId, multiaddrs }))
    expect(texts).to.have.deep.members([
      { role: 'verifier', index: verifiers[0]!.index, peerId: 'peer-0', multiaddrs: [READABLE] },
    ])
    expect(announcedIn).to.have.deep.members(newest)

    const restarted = await net.live.connectAsReader()
    try {
      expect(await read(restarted)).to.deep.equal({ first, second, newest, announcedIn })
    } finally {
      restarted.close()
    }
  })

  it('a bogus first address takes nobody out of its group: facts hold no announced address', async () => {
    const { first } = { first: await net.chain.factsAt(1) }
    await net.chain.announce('provider', 'peer', ['/ip4/203.0.113.9/udp/9/quic-v1', READABLE])
    expect(await net.chain.factsAt(1)).to.deep.equal(first)
    await net.live.runTo(2)
    const { providers } = (await net.chain.factsAt(2))!
    expect(JSON.stringify(providers, (_, value) => String(value))).not.to.include('ip4')
    for (const provider of providers) expect(provider).not.to.have.property('link')
  })

  it('a provider’s first token key counts for good, so it cannot show each verifier another', async () => {
    const [first, second] = ['aa', 'bb'].map(byte => `0x${byte.repeat(32)}` as const) as [Hex, Hex]
    const announced = async (...texts: string[]) => {
      const peerId = await peerIdOf(net.live.keys.p0!)
      const provider = await net.live.connectAs('p0')
      try {
        expect(await provider.announce('provider', peerId, texts)).to.have.property('kind', 'done')
      } finally {
        provider.close()
      }
      const [one] = (await net.chain.announcements()).filter(({ role }) => role === 'provider')
      return { multiaddrs: one?.multiaddrs, tokenKey: one?.tokenKey }
    }
    expect(await announced(READABLE)).to.deep.equal({ multiaddrs: [READABLE], tokenKey: undefined })
    const keyed = { multiaddrs: [READABLE], tokenKey: first }
    expect(await announced(READABLE, tokenKeyEntry(first))).to.deep.equal(keyed)
    expect(await announced(READABLE, tokenKeyEntry(second))).to.deep.equal(keyed)
    expect(await announced(READABLE)).to.deep.equal(keyed)
  })
})
