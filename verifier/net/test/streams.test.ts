import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { type FramedStream, StreamError } from '../framed-stream.js'
import { createPeer, type Peer } from '../libp2p.js'
import { ListenError } from '../listen-error.js'
import { handleStreams, openStream } from '../streams.js'
import { addressOf, seedOf, silent, startPeer, withPeers } from './network.js'

const PROTOCOL = '/test/1.0.0'
const KIB = 1024

const soon = () => AbortSignal.timeout(60_000)

/** One stream between two peers: the opener's end and the server's. Ends when `use` does. */
async function withStream(
  maxBytes: number,
  use: (opened: FramedStream, served: FramedStream, server: Peer) => Promise<void>,
  signal = soon(),
): Promise<void> {
  await withPeers(2, async (client, server) => {
    const accepted = Promise.withResolvers<FramedStream>()
    const finished = Promise.withResolvers<void>()
    await handleStreams(
      server!,
      PROTOCOL,
      maxBytes,
      async stream => {
        accepted.resolve(stream)
        await finished.promise
      },
      () => {},
    )
    const opened = (await openStream(client!, addressOf(server!), PROTOCOL, maxBytes, signal)) as FramedStream
    try {
      await use(opened, await accepted.promise, server!)
    } finally {
      finished.resolve()
      await opened.close()
    }
  })
}

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  )

describe('message streams', () => {
  it('carry messages of any size, in order, in both directions', async () => {
    await withStream(512 * KIB, async (opened, served) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(fc.nat(40), fc.nat(300 * KIB)), { maxLength: 8 }), async lengths => {
          const messages = lengths.map((length, index) => new Uint8Array(length).fill(index + 1))
          for (const [from, to] of [[opened, served] as const, [served, opened] as const]) {
            const sending = Promise.all(messages.map(message => from.send(message)))
            for (const message of messages) expect(Buffer.compare((await to.receive())!, message)).to.equal(0)
            await sending
          }
        }),
        { numRuns: 12 },
      )
    })
  })

  it('know the host of the other end and say when it has closed', async () => {
    await withStream(KIB, async (opened, served) => {
      expect(opened.remoteHost).to.equal('127.0.0.1')
      expect(served.remoteHost).to.equal('127.0.0.1')
      await served.send(Uint8Array.of(7))
      await served.close()
      expect(await opened.receive()).to.deep.equal(Uint8Array.of(7))
      expect(await opened.receive()).to.equal(undefined)
      expect(await failure(served.send(Uint8Array.of(1)))).to.include({ code: 'closed' })
    })
  })

  it('reject a message above the limit without reading it', async () => {
    await withStream(KIB, async (opened, served) => {
      const sending = failure(opened.send(new Uint8Array(4096 * KIB)))
      expect(await failure(served.receive()))
        .to.be.instanceOf(StreamError)
        .with.property('code', 'too-large')
      expect(await sending)
        .to.be.instanceOf(StreamError)
        .with.property('code', 'broken')
    })
  })

  it('hold a fast sender back until the slow reader reads', async () => {
    await withStream(64 * KIB, async (opened, served) => {
      const message = new Uint8Array(64 * KIB)
      const total = 400 // 25 MiB
      let sent = 0
      const sending = (async () => {
        for (; sent < total; sent++) await opened.send(message)
      })()
      await served.receive()
      // as many rounds of the event loop as suffice for all messages when the reader reads
      for (let round = 0; round < 2000; round++) await new Promise(setImmediate)
      expect(sent * message.length).to.be.below(6 * KIB * KIB)
      for (let read = 1; read < total; read++) expect(await served.receive()).to.have.lengthOf(message.length)
      await sending
      expect(sent).to.equal(total)
    })
  })

  it('break for both ends when the signal aborts', async () => {
    const stop = new AbortController()
    await withStream(
      KIB,
      async (opened, served) => {
        const waiting = [failure(opened.receive()), failure(served.receive())]
        stop.abort()
        const [own, other] = await Promise.all(waiting)
        expect(own).to.be.instanceOf(StreamError).with.property('code', 'aborted')
        expect(other).to.be.instanceOf(StreamError).with.property('code', 'broken')
      },
      stop.signal,
    )
  })

  it('break when the peer stops', async () => {
    await withStream(KIB, async (opened, _served, server) => {
      const waiting = failure(opened.receive())
      await server.stop()
      expect(await waiting)
        .to.be.instanceOf(StreamError)
        .with.property('code', 'broken')
    })
  })

  it('are reset when the handler throws', async () => {
    await withPeers(2, async (client, server) => {
      const heard = Promise.withResolvers<string>()
      const serve = async () => {
        throw new Error('no')
      }
      await handleStreams(server!, PROTOCOL, KIB, serve, error => heard.resolve(error.message))
      const stream = await openStream(client!, addressOf(server!), PROTOCOL, KIB, soon())
      expect(await failure(stream.receive())).to.include({ code: 'broken' })
      expect(await heard.promise).to.equal('no')
    })
  })

  it('say that a peer cannot be reached', async () => {
    await withPeers(1, async client => {
      const gone = await startPeer(9)
      const address = addressOf(gone)
      await gone.stop()
      expect(await failure(openStream(client!, address, PROTOCOL, KIB, soon()))).to.include({ code: 'unreachable' })
      const given = failure(openStream(client!, address, PROTOCOL, KIB, AbortSignal.abort()))
      expect(await given).to.include({ code: 'aborted' })
    })
  })
})

describe('a node of the peer-to-peer network', () => {
  it('says which address is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }
    const starting = createPeer({ seed: seedOf(0), listen: [`/ip4/127.0.0.1/tcp/${port}`], log: silent })
    const error = await failure(starting)
    expect(error).to.be.instanceOf(ListenError)
    expect((error as Error).message).to.include(`/ip4/127.0.0.1/tcp/${port}`)
    holder.close()
    await once(holder, 'close')
  })
})
