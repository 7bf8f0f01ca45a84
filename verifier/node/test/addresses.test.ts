/** Sessions with providers that are reached at another address than the bound one, over libp2p and UDP on loopback. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'chai'
import { computeAddress } from 'ethers'
import pino from 'pino'
import { type ProviderStream, Relay } from '../../../probe/index.js'
import { Nat } from '../../../probe/test/nat.js'
import { CHALLENGE_BYTES } from '../../../proto/datagram.js'
import type { NetworkId } from '../../../proto/digests.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { RelayOpen } from '../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { answerSigner } from '../../chain/answers.js'
import { voucherSigner } from '../../chain/vouchers.js'
import { createPeer, listenAddresses } from '../../net/libp2p.js'
import { handleStreams } from '../../net/streams.js'
import { measureProvider, type SoloSessionOptions } from '../solo-session.js'

const CLAIM_KBPS = 10_000
const MOST_SESSIONS = 5
const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'22'.repeat(20)}` }
/** Where others see what the NATs of these tests send on. */
const PROVIDER_SIDE = '127.0.0.31'
const RECEIVER_SIDE = '127.0.0.32'

describe('the addresses of a session', () => {
  const secret = toHex(randomBytes(32))
  const closing: (() => unknown)[] = []

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function openProvider(host: string, announced?: { host: string; port?: number }) {
    const seed = new Uint8Array(randomBytes(32))
    const relay = await Relay.open({
      ...{ host, port: 0, announced, claimKbps: CLAIM_KBPS, clock: performance },
      answerSigner: answerSigner(NETWORK, secret),
      voucherSigner: voucherSigner(NETWORK, secret),
      random: { bytes: length => randomBytes(length) },
    })
    closing.push(() => relay.close())
    const listen = [`/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/0`]
    const peer = await createPeer({ seed: toHex(seed), listen, log: pino({ level: 'silent' }) })
    closing.push(() => peer.stop())
    const serve = (stream: ProviderStream, peerId: string) => relay.serve(stream, peerId)
    await handleStreams(peer, SESSION_PROTOCOL, RelayOpen.maxBytes, serve, () => {})
    return { relay, peerId: peer.peerId.toString(), multiaddrs: listenAddresses(peer) }
  }

  const notes: string[] = []
  const outcomeOf = async (
    provider: { readonly peerId: string; readonly multiaddrs: readonly string[] },
    more: Pick<SoloSessionOptions, 'udpHost'> & Partial<SoloSessionOptions>,
  ) => {
    const { outcome } = await measureProvider({
      provider: { ...provider, account: computeAddress(secret).toLowerCase() as Hex },
      ...{ network: NETWORK, breachBps: 7500, yieldMs: 1000, claimKbps: CLAIM_KBPS, udpPort: 0 },
      progress: () => {},
      log: note => notes.push(note),
      ...more,
    })
    return outcome
  }
  /** A pause of this machine, which runs both ends, may spoil any one session. */
  const expectVerified = async (...session: Parameters<typeof outcomeOf>) => {
    let outcome = await outcomeOf(...session)
    for (let sessions = 1; outcome.kind !== 'verified' && sessions < MOST_SESSIONS; sessions++)
      outcome = await outcomeOf(...session)
    expect(outcome, JSON.stringify([outcome, notes])).to.have.property('kind', 'verified')
  }

  /** A free port number of an address. */
  async function freePort(host: string): Promise<number> {
    const socket = createSocket('udp4')
    socket.bind(0, host)
    await once(socket, 'listening')
    const { port } = socket.address()
    socket.close()
    return port
  }

  it('may all be of IPv6', async () => {
    await expectVerified(await openProvider('::1'), { udpHost: '::1' })
  })

  it('may be host names, which stand for addresses of both families', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const { peerId, multiaddrs } = await openProvider(host, { host: 'localhost' })
      const named = multiaddrs.map(address => address.replace(/^\/ip[46]\/[^/]+/, '/dns/localhost'))
      expect(named[0]).to.match(/^\/dns\/localhost\/tcp/)
      await expectVerified({ peerId, multiaddrs: named }, { udpHost: host, udpAnnounce: { host: 'localhost' } })
    }
  })

  it('may be announced apart from the bound ones, behind NATs on both sides', async () => {
    const announced = { host: PROVIDER_SIDE, port: await freePort(PROVIDER_SIDE) }
    const provider = await openProvider('127.0.0.1', announced)
    const natOfProvider = await Nat.open(
      PROVIDER_SIDE,
      { host: '127.0.0.1', port: provider.relay.port },
      announced.port,
    )
    closing.push(() => natOfProvider.close())
    const host = '127.0.0.34' // nobody else takes a port there between the probe and the bind
    const udpPort = await freePort(host)
    const natOfReceiver = await Nat.open(RECEIVER_SIDE, { host, port: udpPort }, 0)
    closing.push(() => natOfReceiver.close())
    const udpAnnounce = { host: RECEIVER_SIDE, port: natOfReceiver.port }
    await expectVerified(provider, { udpHost: host, udpPort, udpAnnounce })
  })

  it('get no data at a host that a provider names and that does not echo', async () => {
    const victim = createSocket('udp4')
    const lengths: number[] = []
    victim.on('message', datagram => lengths.push(datagram.length))
    victim.bind(0, '127.0.0.33')
    await once(victim, 'listening')
    closing.push(() => victim.close())
    const provider = await openProvider('127.0.0.1', { host: '127.0.0.33', port: victim.address().port })
    const outcome = await outcomeOf(provider, { udpHost: '127.0.0.1' })
    expect(outcome.kind, JSON.stringify([outcome, notes])).to.not.equal('verified')
    expect(lengths.length).to.be.within(1, 8)
    expect(new Set(lengths)).to.deep.equal(new Set([CHALLENGE_BYTES]))
  })

  it('get nothing at all at a host that no relay of the provider’s address may reach', async () => {
    const provider = await openProvider('127.0.0.1', { host: '224.0.0.1', port: 9 })
    const outcome = await outcomeOf(provider, { udpHost: '127.0.0.1' })
    expect(outcome.kind).to.not.equal('verified')
    expect(notes.at(-1)).to.match(/leads nowhere/)
  })

  it('of different families are named so', async () => {
    const outcome = await outcomeOf(await openProvider('127.0.0.1'), { udpHost: '::1' })
    expect(outcome, JSON.stringify(notes)).to.deep.equal({ kind: 'no-path', reason: 'family' })
  })
})
