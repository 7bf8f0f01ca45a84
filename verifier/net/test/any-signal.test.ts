/** Fault: what a node does all the time leaves something in the signal that lasts as long as the node. */
import { getEventListeners, once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { withAnySignal } from '../any-signal.js'
import { StreamError } from '../framed-stream.js'
import { openSession } from '../session-client.js'
import { handleStreams, openStream, type PeerAddress } from '../streams.js'
import { addressOf, withPeers } from './network.js'

const PROTOCOL = '/test/1.0.0'
const LATE_MS = 50

/** Listeners, and the entries of `AbortSignal.any`, for which Node has a set under a symbol. */
function heldBy(signal: AbortSignal): number {
  const sets = Object.getOwnPropertySymbols(signal)
    .map(symbol => (signal as unknown as Record<symbol, unknown>)[symbol])
    .filter(value => value instanceof Set)
  return getEventListeners(signal, 'abort').length + sets.reduce((sum, { size }) => sum + size, 0)
}

describe('work under several signals', () => {
  it('ends with the first that aborts, and for its reason, also if that was before', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const reasons = () =>
      withAnySignal([first.signal, second.signal], async signal => {
        if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
        return signal.reason
      })
    const waiting = reasons()
    second.abort('the second')
    expect(await waiting).to.equal('the second')
    expect(await reasons()).to.equal('the second')
  })

  it('leaves nothing in them, whether it succeeds or throws', async () => {
    const { signal } = new AbortController()
    expect(await withAnySignal([signal], async () => 1)).to.equal(1)
    const error = await withAnySignal([signal], () => Promise.reject(new Error('no'))).catch(thrown => thrown)
    expect(error.message).to.equal('no')
    expect(heldBy(signal)).to.equal(0)
  })

  it('is a stream or a session, which ends with the node and leaves nothing once it is over', async () => {
    await withPeers(2, async (client, server) => {
      const hang = () => new Promise<void>(() => undefined)
      await handleStreams(server!, PROTOCOL, 100, hang, () => undefined)
      await handleStreams(server!, SESSION_PROTOCOL, 100, hang, () => undefined)
      const stopping = new AbortController()
      const { signal } = stopping
      const opens = [
        () => openStream(client!, addressOf(server!), PROTOCOL, 100, signal, 10_000),
        () => openSession(addressOf(server!), signal, 10_000),
      ]
      for (const open of opens) {
        const stream = await open()
        await stream.close()
      }
      for (const stream of client!.getConnections().flatMap(({ streams }) => streams)) stream.abort(new Error('over'))
      expect(heldBy(signal)).to.equal(0)
      const open = await Promise.all(opens.map(one => one()))
      stopping.abort()
      for (const stream of open) expect(await stream.receive().catch(({ code }) => code)).to.equal('aborted')
    })
  })

  it('is dialling that takes too long, or does not succeed', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as { port: number }
    try {
      await withPeers(2, async (client, server) => {
        const { signal } = new AbortController()
        const to: PeerAddress = { peerId: addressOf(server!).peerId, multiaddrs: [`/ip4/127.0.0.1/tcp/${port}`] }
        const error = await openStream(client!, to, PROTOCOL, 100, signal, LATE_MS).catch(thrown => thrown)
        expect(error).to.be.instanceOf(StreamError).with.property('code', 'aborted')
        expect(heldBy(signal)).to.equal(0)
      })
    } finally {
      mute.close()
    }
  })
})
