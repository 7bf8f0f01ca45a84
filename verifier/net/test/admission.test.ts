/** Who gets a connection to a verifier, and who loses it: real nodes on loopback, and a clock that the test moves. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { expect } from 'chai'
import { PRESENCE_PROTOCOL } from '../../../proto/protocols.js'
import { Admission } from '../admission.js'
import { createPeer, type Peer } from '../libp2p.js'
import { disconnect, Offences } from '../offences.js'
import { handleStreams } from '../streams.js'
import { NETWORK, seedOf, silent, startPeer } from './network.js'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']

describe('admission to a verifier', () => {
  let nowMs: number
  let verifiers: Map<string, number>
  let node: Peer
  let offences: Offences
  let admission: Admission
  let others: Peer[]
  beforeEach(async () => {
    nowMs = 1_000_000
    verifiers = new Map()
    offences = new Offences({
      verifierOf: peer => verifiers.get(peer),
      disconnect: (peer, reason) => disconnect(node, peer, reason),
      warn: () => {},
      nowMs: () => nowMs,
    })
    const clock = { now: () => nowMs }
    admission = new Admission({ offences, isVerifier: peer => verifiers.has(peer), clock })
    node = await createPeer({ seed: seedOf(99), listen: LISTEN, log: silent }, NETWORK, admission.gater)
    admission.watch(node)
    admission.know([{ peerId: 'any', multiaddrs: LISTEN }])
    others = []
  })
  afterEach(async () => {
    await Promise.all([node, ...others].map(peer => peer.stop()))
  })

  async function newPeer(index?: number): Promise<Peer> {
    const peer = await startPeer(others.length)
    others.push(peer)
    if (index !== undefined) verifiers.set(peer.peerId.toString(), index)
    return peer
  }
  const tryDial = (peer: Peer) => peer.dial(node.getMultiaddrs(), { force: true })
  /** Resolves once both ends have the connection. */
  async function dial(peer: Peer): Promise<Connection> {
    const opened = once(node, 'connection:open')
    const connection = await tryDial(peer)
    await opened
    return connection
  }
  /** that the node has with the peer */
  const held = (peer: Peer) => node.getConnections(peer.peerId).length
  const reasons = () => offences.list().map(({ verifier, reason }) => [verifier, reason])

  it('ends connections of strangers that serve nothing, and no verifier’s', async () => {
    const [verifier, stranger, late] = [await newPeer(1), await newPeer(), await newPeer()]
    for (const peer of others) await dial(peer)
    nowMs += 9_000
    admission.sweep()
    verifiers.set(late.peerId.toString(), 2)
    const gone = once(node, 'peer:disconnect')
    nowMs += 2_000
    admission.sweep()
    await gone
    expect([held(verifier), held(stranger), held(late)]).to.deep.equal([1, 0, 1])
    expect(reasons(), 'idle is no offence').to.deep.equal([])
  })

  it('attack: strangers from a verifier’s host hold 64 connections, and the oldest make room', async () => {
    const [verifier, stranger] = [await newPeer(1), await newPeer()]
    await dial(verifier)
    for (let i = 0; i < 70; i++) await dial(stranger)
    expect(held(stranger)).to.be.at.most(64)
    expect(held(verifier)).to.equal(1)
    expect(reasons()).to.deep.equal([[null, 'held too many connections']])
  })

  it('attack: connections that never shake hands are shown, too, and keep no verifier out', async () => {
    const tcp = node
      .getMultiaddrs()[0]!
      .getComponents()
      .find(({ name }) => name === 'tcp')!
    const mute: Socket[] = []
    for (let i = 0; i < 70; i++) {
      const socket = connect({ host: '127.0.0.1', port: Number(tcp.value) })
      socket.on('error', () => {}) // it made room for another one
      mute.push(socket)
      await once(socket, 'connect')
      if (i === 63) nowMs += 1000 // a host may open 64 a second
    }
    while (offences.list().length === 0) await once(mute[0]!, 'close')
    expect(offences.list()[0]).to.include({ peer: null, verifier: null, reason: 'held too many connections' })
    const verifier = await newPeer(1)
    await dial(verifier)
    expect(held(verifier)).to.equal(1)
    for (const socket of mute) socket.destroy()
  })

  it('attack: one verifier holds eight connections', async () => {
    const verifier = await newPeer(1)
    for (let i = 0; i < 12; i++) await dial(verifier)
    expect(held(verifier)).to.be.at.most(8)
    expect(reasons()).to.deep.equal([[1, 'held too many connections']])
  })

  it('is refused to a peer that broke a rule, in both directions, for a while', async () => {
    const liar = await newPeer(1)
    await dial(liar)
    const gone = once(node, 'peer:disconnect')
    offences.report(liar.peerId.toString(), 'answer')
    await gone
    await tryDial(liar).catch(() => {})
    expect(held(liar)).to.equal(0)
    const outgoing = await node.dial(liar.getMultiaddrs()).catch((error: Error) => error.name)
    expect(outgoing).to.equal('DialDeniedError')
    nowMs += 60_000
    await dial(liar)
    expect(held(liar)).to.equal(1)
  })

  for (const [who, index, most] of [
    ['a verifier', 1, 1024],
    ['a stranger', undefined, 64],
  ] as const) {
    it(`attack: ${who} opens ${most} streams at once, and is disconnected for one more, whatever it asks for`, async () => {
      await handleStreams(
        node,
        PRESENCE_PROTOCOL,
        100,
        async () => {},
        () => {},
      )
      const peer = await newPeer(index)
      const connection = await dial(peer)
      const gone = once(node, 'peer:disconnect')
      let opened = 0
      for (let isServed = true; isServed; opened++) {
        // Of two protocols, the node says which one it takes. A stream for one protocol is open at once.
        const protocols = opened % 2 === 0 ? [PRESENCE_PROTOCOL, '/nobody'] : ['/nobody', '/nobody/else']
        isServed = await connection.newStream(protocols).then(
          stream => stream.close().then(() => true),
          ({ name }: Error) => name === 'UnsupportedProtocolError',
        )
      }
      await gone
      // libp2p and gossipsub open some of their own
      expect(opened).to.be.within(most - 8, most + 1)
      expect(reasons()).to.deep.equal([[index ?? null, 'opened too many streams']])
    })
  }

  it('lets a verifier open the streams of an epoch again and again', async () => {
    const connection = await dial(await newPeer(1))
    for (let epoch = 0; epoch < 2; epoch++, nowMs += 32_000) {
      for (let i = 0; i < 600; i++) await (await connection.newStream(['/ipfs/id/1.0.0', '/nobody'])).close()
      admission.sweep()
    }
    expect(connection.status).to.equal('open')
    expect(reasons()).to.deep.equal([])
  })
})
