/** What one account writes on the chain reaches all readers, so nothing that is written may break a reader. */
import { expect } from 'chai'
import { AbiCoder, hexlify, toBeHex } from 'ethers'
import fc from 'fast-check'
import type { Hex } from '../../../proto/hex.js'
import { tokenKeyEntry } from '../../../proto/token.js'
import { peerIdOf } from '../../../testnet/network/setup.js'
import { connectChain } from '../connect.js'
import { useLiveNetwork } from './live-network.js'
import { emitRaw } from './raw-logs.js'
import { RpcProxy } from './rpc-proxy.js'

const READABLE = '/ip4/203.0.113.7/tcp/4001'

describe('hostile logs', () => {
  const net = useLiveNetwork()

  const topic = () => net.chain.context.contracts.providerRegistry.interface.getEvent('Announced')!.topicHash
  const provider = () => net.live.setup.providers[0]!
  /** A log of the provider registry that names provider p0. */
  const emit = (data: string) =>
    emitRaw(net.live, 'providerRegistry', [topic(), toBeHex(provider().index), provider().account], data)
  const encoded = (peerId: string, texts: readonly string[]) =>
    AbiCoder.defaultAbiCoder().encode(['string', 'string[]'], [peerId, texts])
  const announceAs = async (name: string, role: 'verifier' | 'provider', texts: string[]) => {
    const chain = await net.live.connectAs(name)
    try {
      const peerId = await peerIdOf(net.live.keys[name]!)
      expect(await chain.announce(role, peerId, texts)).to.have.property('kind', 'done')
    } finally {
      chain.close()
    }
  }
  const announced = async () =>
    (await net.chain.announcements()).map(({ role, index, multiaddrs }) => ({ role, index, multiaddrs }))

  it('an announcement with a byte that is no UTF-8 stops nobody: not epochs, not a restart', async () => {
    await announceAs('v0', 'verifier', [READABLE])
    await announceAs('p0', 'provider', [READABLE])
    const known = await announced()
    await emit(encoded('peer', ['text']).replace(Buffer.from('text').toString('hex'), 'ff'.repeat(4)))
    await emit(encoded('peer', []).replace(Buffer.from('peer').toString('hex'), 'c3'.repeat(4)))
    const facts = await net.live.runTo(2)
    expect(facts.providers).to.have.length(net.live.setup.providers.length)
    expect(await announced(), 'what cannot be read replaces nothing').to.deep.equal(known)
    const restarted = await net.live.connectAsReader()
    try {
      expect(await restarted.factsAt(2)).to.deep.equal(facts)
      expect(await restarted.announcements()).to.deep.equal(await net.chain.announcements())
      expect(await restarted.announcedIn(2)).to.have.length(known.length)
    } finally {
      restarted.close()
    }
  })

  it('random data at the registry’s address hides no announcement', async () => {
    await announceAs('p1', 'provider', [READABLE])
    const known = await announced()
    const data = fc.uint8Array({ maxLength: 600 }).map(bytes => hexlify(bytes))
    await fc.assert(
      fc.asyncProperty(data, async bytes => {
        await emit(bytes)
        expect(await announced()).to.deep.equal(known)
      }),
      { numRuns: 12 },
    )
  })

  it('forty kilobytes that announce one address are no announcement', async () => {
    await announceAs('p0', 'provider', [READABLE])
    const known = await announced()
    await emit(encoded('peer', new Array(200).fill('/ip4/203.0.113.9/tcp/9'.padEnd(200, '9'))))
    expect(await announced()).to.deep.equal(known)
  })

  it('a bogus first address takes nobody out of its group: facts hold no announced address', async () => {
    await net.live.runTo(1)
    const first = await net.chain.factsAt(1)
    await announceAs('p0', 'provider', ['/ip4/203.0.113.9/udp/9/quic-v1', READABLE])
    expect(await net.chain.factsAt(1)).to.deep.equal(first)
    const { providers } = await net.live.runTo(2)
    expect(JSON.stringify(providers, (_, value) => String(value))).not.to.include('ip4')
  })

  it('a provider’s first token key counts for good, so it cannot show each verifier another', async () => {
    const [first, second] = ['aa', 'bb'].map(byte => `0x${byte.repeat(32)}` as const) as [Hex, Hex]
    const announcedNow = async (...texts: string[]) => {
      await announceAs('p0', 'provider', texts)
      const [one] = await net.chain.announcements()
      return { multiaddrs: one?.multiaddrs, tokenKey: one?.tokenKey }
    }
    expect(await announcedNow(READABLE)).to.deep.equal({ multiaddrs: [READABLE], tokenKey: undefined })
    const keyed = { multiaddrs: [READABLE], tokenKey: first }
    expect(await announcedNow(READABLE, tokenKeyEntry(first))).to.deep.equal(keyed)
    expect(await announcedNow(READABLE, tokenKeyEntry(second))).to.deep.equal(keyed)
    await net.live.rpc('anvil_mine', ['0xc8']) // old enough to be shortened
    expect(await announcedNow(READABLE, tokenKeyEntry(second))).to.deep.equal(keyed)
  })

  it('many announcements cost the two-second look nothing, and the facts nothing', async () => {
    const filler = 'x'.repeat(200)
    for (let i = 0; i < 30; i++) await announceAs('p0', 'provider', [`/dns/${i}.${filler}/tcp/4001`])
    const proxy = await RpcProxy.start(net.live.anvil.rpcUrl)
    const reader = await connectChain({ rpcUrl: proxy.url, network: net.live.setup.network })
    try {
      expect(await reader.announcements()).to.have.length(1)
      const look = await proxy.during(() => reader.announcements())
      expect(look).to.have.length(1)
      await net.live.runTo(1)
      const facts = await proxy.during(() => reader.factsAt(1))
      expect(facts.map(({ method }) => method)).not.to.include('eth_getLogs')
    } finally {
      reader.close()
      await proxy.stop()
    }
  })
})
