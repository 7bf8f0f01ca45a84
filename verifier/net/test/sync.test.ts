import { expect } from 'chai'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { GossipItem, type SyncRequest } from '../../../proto/messages.js'
import { SYNC_PROTOCOL } from '../../../proto/protocols.js'
import { Gossip } from '../gossip.js'
import type { Peer } from '../libp2p.js'
import { openStream, type PeerAddress } from '../streams.js'
import { type SyncSource, serveSync, syncFrom } from '../sync.js'
import { addressOf, forStrangers, hasListeners, NETWORK, reaches, silent, withPeers } from './network.js'

const hash = (byte: number): Hex => toHex(new Uint8Array(32).fill(byte))

const source: SyncSource = {
  ballot: async root => (root === hash(1) ? [Uint8Array.of(1), Uint8Array.of(2, 3)] : undefined),
  ballotPart: async (root, part) => (root === hash(1) && part === 7 ? Uint8Array.of(7) : undefined),
  // larger than a stream's window; their order must stay
  leaves: async header =>
    header === hash(2) ? Array.from({ length: 3000 }, (_, index) => new Uint8Array(544).fill(index)) : undefined,
  rewards: async header => (header === hash(6) ? [Uint8Array.of(6)] : undefined),
  ballotSet: async header => (header === hash(3) ? [] : undefined),
  transcript: async session => (session === hash(4) ? Uint8Array.of(4, 5) : undefined),
  gossip: async epoch => (epoch === 7 ? [GossipItem.encode({ kind: 'commit', data: Uint8Array.of(9) })] : []),
}

const LIMITS = { items: 3000, itemBytes: 544 }

/** All items of an answer. */
const ask = (client: Peer, from: PeerAddress, request: SyncRequest) =>
  syncFrom(client, from, request, LIMITS, AbortSignal.timeout(60_000), async items => {
    const all: Uint8Array[] = []
    for await (const item of items) all.push(item)
    return all
  })

describe('sync', () => {
  it('gives the items that the source has, and says which items it lacks', async () => {
    await withPeers(2, async (client, server) => {
      await serveSync(server!, source, forStrangers())
      const from = addressOf(server!)
      expect(await ask(client!, from, { ballot: fromHex(hash(1)) })).to.deep.equal([
        Uint8Array.of(1),
        Uint8Array.of(2, 3),
      ])
      const part = (of: number) => ask(client!, from, { ballotPart: { root: fromHex(hash(1)), part: of } })
      expect(await part(7)).to.deep.equal([Uint8Array.of(7)])
      expect(await part(0)).to.equal(undefined)
      expect(await ask(client!, from, { ballot: fromHex(hash(2)) })).to.equal(undefined)
      const leaves = await ask(client!, from, { leaves: fromHex(hash(2)) })
      expect(leaves).to.have.lengthOf(3000)
      expect(leaves![2999]).to.deep.equal(new Uint8Array(544).fill(2999))
      expect(await ask(client!, from, { rewards: fromHex(hash(6)) })).to.deep.equal([Uint8Array.of(6)])
      expect(await ask(client!, from, { ballotSet: fromHex(hash(3)) })).to.deep.equal([])
      expect(await ask(client!, from, { transcript: fromHex(hash(4)) })).to.deep.equal([Uint8Array.of(4, 5)])
      expect(await ask(client!, from, { transcript: fromHex(hash(5)) })).to.equal(undefined)
      const item = { kind: 'commit', data: Uint8Array.of(9) }
      expect(await ask(client!, from, { gossip: 7 })).to.deep.equal([GossipItem.encode(item)])
      expect(await ask(client!, from, { gossip: 8 })).to.deep.equal([])
    })
  })

  it('reads no more items than the asker takes, so that many askers do not fill its memory', async () => {
    await withPeers(2, async (client, server) => {
      const [count, itemBytes] = [400, 64 * 1024]
      let read = 0
      const items = {
        ...{ length: count, bytes: count * itemBytes },
        async *[Symbol.asyncIterator]() {
          for (; read < count; read++) yield new Uint8Array(itemBytes)
        },
      }
      await serveSync(server!, { ...source, gossip: async () => items }, forStrangers())
      const limits = { items: count, itemBytes }
      const signal = AbortSignal.timeout(60_000)
      const taken = await syncFrom(client!, addressOf(server!), { gossip: 1 }, limits, signal, async all => {
        let seen = 0
        for await (const _ of all) {
          // Some items are in the sockets and in the windows of the muxer: a few megabytes.
          expect(read).to.be.below(++seen + 200)
        }
        return seen
      })
      expect([taken, read]).to.deep.equal([count, count])
    })
  })

  it('gives a late joiner the gossip from before it came', async () => {
    await withPeers(3, async (speaker, listener, late) => {
      const heard: Uint8Array[] = []
      const said = Promise.withResolvers<void>()
      new Gossip(listener!, NETWORK, silent).subscribe('commit', async data => {
        heard.push(GossipItem.encode({ kind: 'commit', data }))
        said.resolve()
        return 'accept'
      })
      const gossip = new Gossip(speaker!, NETWORK, silent)
      const known = hasListeners(speaker!, 1)
      await speaker!.dial(listener!.getMultiaddrs())
      await known
      await reaches(speaker!)
      await gossip.publish('commit', Uint8Array.of(1, 2))
      await said.promise
      await serveSync(listener!, { ...source, gossip: async () => heard }, forStrangers())
      const items = await ask(late!, addressOf(listener!), { gossip: 1 })
      expect(items).to.deep.equal([GossipItem.encode({ kind: 'commit', data: Uint8Array.of(1, 2) })])
    })
  })

  it('attack: an asker that opens streams and asks nothing is named soon, and one that asks is not', async () => {
    await withPeers(2, async (client, server) => {
      const named = Promise.withResolvers<string>()
      await serveSync(server!, source, { ...forStrangers(), onMute: named.resolve, askMs: 8000 })
      expect(await ask(client!, addressOf(server!), { ballot: fromHex(hash(1)) })).to.have.lengthOf(2)
      const mute = await openStream(client!, addressOf(server!), SYNC_PROTOCOL, 1024, AbortSignal.timeout(60_000))
      expect(await named.promise).to.equal(client!.peerId.toString())
      expect(await mute.receive().catch(error => error)).to.include({ code: 'broken' })
    })
  })

  it('breaks the stream of a peer whose request is malformed or too large, and goes on', async () => {
    await withPeers(2, async (client, server) => {
      await serveSync(server!, source, forStrangers())
      for (const nonsense of [new Uint8Array(0), Uint8Array.of(255, 255), new Uint8Array(65)]) {
        const stream = await openStream(client!, addressOf(server!), SYNC_PROTOCOL, 1024, AbortSignal.timeout(60_000))
        await stream.send(nonsense)
        const error = await stream.receive().catch(error => error)
        expect(error).to.include({ code: 'broken' })
        await stream.close()
      }
      expect(await ask(client!, addressOf(server!), { ballot: fromHex(hash(1)) })).to.have.lengthOf(2)
    })
  })
})
