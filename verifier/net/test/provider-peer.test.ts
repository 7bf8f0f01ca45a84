/** Attack, over real connections: strangers connect and shake no hands, and a verifier comes. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { expect } from 'chai'
import { systemClock } from '../../../probe/system.js'
import { ConnectionPool } from '../connection-pool.js'
import { hostOf, listenAddresses } from '../libp2p.js'
import { remoteOf } from '../pooled.js'
import { createProviderPeer } from '../provider-peer.js'
import { handleStreams, openStream, type PeerAddress } from '../streams.js'
import { seedOf, silent, startPeer } from './network.js'

const PROTOCOL = '/test/1.0.0'
const STRANGERS = 40
const MAX_PER_HOST = 8

describe('a provider’s peer', () => {
  const ends: (() => unknown)[] = []
  let pool: ConnectionPool
  let address: PeerAddress
  let nowMs: number

  beforeEach(async () => {
    nowMs = systemClock.now()
    pool = new ConnectionPool(() => nowMs)
    const seed = seedOf(99)
    const peer = await createProviderPeer({ seed, listen: ['/ip4/127.0.0.1/tcp/0'], log: silent }, pool)
    ends.push(() => peer.stop())
    address = { peerId: peer.peerId.toString(), multiaddrs: listenAddresses(peer) }
    await handleStreams(
      peer,
      PROTOCOL,
      100,
      async (stream, _, connection) => {
        const end = pool.reserve(remoteOf(connection))
        for (let bytes = await stream.receive(); bytes; bytes = await stream.receive()) await stream.send(bytes)
        end()
      },
      () => {},
    )
  })

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  async function echo(stream: Awaited<ReturnType<typeof openStream>>): Promise<void> {
    await stream.send(Uint8Array.of(7))
    expect(await stream.receive()).to.deep.equal(Uint8Array.of(7))
  }

  /** Opens TCP connections that say nothing. Each waits for its turn, since the pool limits them by the second. */
  async function openSilent(from: string): Promise<Socket[]> {
    const port = Number(address.multiaddrs[0]!.split('/')[4])
    const sockets: Socket[] = []
    for (let i = 0; i < STRANGERS; i++) {
      nowMs += 1000
      const socket = connectTcp({ host: hostOf(address.multiaddrs[0]!)!, port, localAddress: from })
      socket.on('error', () => {})
      await once(socket, 'connect')
      sockets.push(socket)
    }
    ends.push(() => {
      for (const socket of sockets) socket.destroy()
    })
    return sockets
  }

  const closing = (socket: Socket): Promise<void> =>
    new Promise(resolve => (socket.closed ? resolve() : socket.on('close', () => resolve())))

  it('keeps a reserved session through a flood of handshakes that never end, and takes another verifier', async () => {
    const verifier = await startPeer(1)
    ends.push(() => verifier.stop())
    const stream = await openStream(verifier, address, PROTOCOL, 100, AbortSignal.timeout(60_000))
    await echo(stream)
    const sockets = await openSilent('127.0.0.2')
    await Promise.all(sockets.slice(0, STRANGERS - MAX_PER_HOST).map(closing))
    expect(pool.size).to.be.at.most(MAX_PER_HOST + 1)
    await echo(stream)
    const other = await startPeer(2)
    ends.push(() => other.stop())
    nowMs += 1000
    await echo(await openStream(other, address, PROTOCOL, 100, AbortSignal.timeout(60_000)))
  })

  it('ends an idle connection', async () => {
    const stranger = await startPeer(3)
    ends.push(() => stranger.stop())
    const stream = await openStream(stranger, address, PROTOCOL, 100, AbortSignal.timeout(60_000))
    await echo(stream)
    await stream.close()
    const [connection] = stranger.getConnections()
    const closed = once(connection!, 'close')
    while (pool.size > 0) {
      nowMs += 11_000
      pool.sweep()
      await new Promise(resolve => setImmediate(resolve))
    }
    await closed
  })
})
