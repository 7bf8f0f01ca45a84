import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { expect } from 'chai'
import { fromHex } from '../../../proto/hex.js'
import { Commit } from '../../../proto/messages.js'
import { topicOf } from '../../../proto/protocols.js'
import { dropDeafPeers } from '../deaf-peers.js'
import { DialBook } from '../dial-book.js'
import { Gossip } from '../gossip.js'
import type { Verdict } from '../gossip-messages.js'
import type { Peer } from '../libp2p.js'
import { peerIdOf } from '../peer-keys.js'
import { connect } from '../streams.js'
import { addressOf, hasListeners, NETWORK, reaches, seedOf, silent, startPeer, withPeers } from './network.js'

/** A connection is then old enough for a stream to be missed. */
const LATER_MS = 60_000
const text = (message: string) => Buffer.from(message)

/** Resolves once each of `peers` knows `count` listeners of commits. */
const meshed = (peers: readonly Peer[], count: number): Promise<unknown> =>
  Promise.all(peers.map(peer => hasListeners(peer, count)))

/**
 * Resolves once each of `peers` has had mesh links to `count` others. Call it before the links begin. (A message from
 * before a link is not forwarded over that link, and no peer offers it again.)
 */
const linked = (peers: readonly Peer[], count: number): Promise<unknown> =>
  Promise.all(
    peers.map(
      peer =>
        new Promise<void>(resolve => {
          const links = new Set<string>()
          peer.services.pubsub.addEventListener('gossipsub:graft', ({ detail }) => {
            if (links.add(detail.peerId).size === count) resolve()
          })
        }),
    ),
  )

/**
 * Runs `use` with peers that dial one another, and their gossip.
 * @param dialling how many of the peers dial, the first ones (default: all)
 */
async function withMesh(
  count: number,
  use: (gossips: Gossip[], peers: Peer[]) => Promise<void>,
  dialling = count,
): Promise<void> {
  await withPeers(count, async (...peers) => {
    const books = peers.slice(0, dialling).map(peer => new DialBook(peer, silent))
    try {
      for (const book of books) book.update(peers.map(addressOf))
      await use(
        peers.map(peer => new Gossip(peer, NETWORK, silent)),
        peers,
      )
    } finally {
      await Promise.all(books.map(book => book.stop()))
    }
  })
}

describe('gossip', () => {
  it('reaches all of eight peers from each of them', async () => {
    await withMesh(8, async (gossips, peers) => {
      const ready = linked(peers, 4) // gossipsub asks for more links only while it has fewer
      const heard = gossips.map(() => new Set<string>())
      const all = Promise.withResolvers<void>()
      for (const [index, gossip] of gossips.entries()) {
        gossip.subscribe('commit', async bytes => {
          heard[index]!.add(Buffer.from(bytes).toString())
          if (heard.every(messages => messages.size === 7)) all.resolve()
          return 'accept'
        })
      }
      await meshed(peers, 7)
      await ready
      await Promise.all(gossips.map((gossip, index) => gossip.publish('commit', text(`from ${index}`))))
      await all.promise
      expect([...heard[0]!].sort()).to.deep.equal([1, 2, 3, 4, 5, 6, 7].map(index => `from ${index}`))
    })
  })

  it('keeps kinds apart, even for the same bytes', async () => {
    await withMesh(2, async ([a, b], [peer]) => {
      const seen = new Set<string>()
      const note = (kind: string, verdict: Verdict) => async (bytes: Uint8Array) => {
        seen.add(`${kind} of ${Buffer.from(bytes)}`)
        return verdict
      }
      const hasBoth = (bytes: string) => ['partial', 'commit'].every(kind => seen.has(`${kind} of ${bytes}`))
      b!.subscribe('partial', note('partial', 'ignore'))
      b!.subscribe('commit', note('commit', 'accept'))
      await meshed([peer!], 1)
      await reaches(peer!)
      // Both dial at once, and a message is lost with a connection that is one too many.
      const sent: string[] = []
      while (!sent.some(hasBoth)) {
        const same = `round ${sent.length}`
        sent.push(same)
        for (const kind of ['partial', 'commit'] as const) expect(await a!.publish(kind, text(same))).to.equal(1)
        await pause(50)
      }
    })
  })

  it('survives a validator that throws, and does not forward rejected messages', async () => {
    await withPeers(3, async (a, b, c) => {
      // a – b – c: c hears a's messages only if b forwards them
      const ready = [linked([a!, c!], 1), linked([b!], 2)]
      const books = [new DialBook(a!, silent), new DialBook(c!, silent)]
      try {
        for (const book of books) book.update([addressOf(b!)])
        const [first, middle, last] = [a!, b!, c!].map(peer => new Gossip(peer, NETWORK, silent))
        const heard: string[] = []
        const done = Promise.withResolvers<void>()
        first!.subscribe('commit', async () => 'accept')
        middle!.subscribe('commit', async bytes => {
          const message = Buffer.from(bytes).toString()
          if (message === 'throws') throw new Error('validator failed')
          return message === 'bad' ? 'reject' : 'accept'
        })
        last!.subscribe('commit', async bytes => {
          heard.push(Buffer.from(bytes).toString())
          if (heard.includes('good')) done.resolve()
          return 'accept'
        })
        await Promise.all(ready)
        for (const message of ['bad', 'throws', 'good']) await first!.publish('commit', text(message))
        await done.promise
        expect(heard).to.deep.equal(['good'])
      } finally {
        await Promise.all(books.map(book => book.stop()))
      }
    })
  })

  it('refuses to send, and rejects, a message that is too large for its kind', async () => {
    await withMesh(2, async ([a, b], [peer]) => {
      const heard: number[] = []
      b!.subscribe('commit', async bytes => {
        heard.push(bytes.length)
        return 'accept'
      })
      await meshed([peer!], 1)
      const large = new Uint8Array(Commit.maxBytes + 1)
      const error = await a!.publish('commit', large).catch(error => error)
      expect(error).to.be.instanceOf(RangeError)
      await peer!.services.pubsub.publish(topicOf(NETWORK, 'commit'), large)
      // Both dial at once, and a message is lost with a connection that is one too many.
      for (let count = 0; heard.length === 0; count++) {
        await a!.publish('commit', text(`small ${count}`))
        await pause(50)
      }
      expect(heard).not.to.include(large.length)
    })
  })

  it('attack: for a peer that reads nothing, no more than 32 MiB wait', async () => {
    const use = async ([a, b]: Gossip[], [peer, mute]: Peer[]): Promise<void> => {
      b!.subscribe('proposal', async () => 'accept')
      b!.subscribe('commit', async () => 'accept')
      await meshed([peer!], 1)
      await reaches(peer!)
      const gossipOf = (of: Peer, towards: Stream['direction']) =>
        of
          .getConnections()
          .flatMap(({ streams }) => streams)
          .filter(({ protocol, direction }) => /meshsub/.test(protocol) && direction === towards)
      for (const stream of gossipOf(mute!, 'inbound')) stream.pause()
      const [outbound] = gossipOf(peer!, 'outbound')
      let sent = 0
      for (; outbound!.status === 'open' && sent < 40; sent++)
        await a!.publish('proposal', new Uint8Array(2 ** 21).fill(sent))
      expect(sent).to.be.within(17, 20)
      // They connect anew, or the mute peer would never hear anything again.
      const again = once(peer!, 'peer:connect')
      await dropDeafPeers(peer!, silent, Date.now() + LATER_MS)
      await again
      expect(outbound!.status).not.to.equal('open')
    }
    await withMesh(2, use, 1) // with one connection alone: of two, gossip takes either
  })

  it('says that nobody hears a message if nobody listens', async () => {
    await withPeers(1, async alone => {
      expect(await new Gossip(alone!, NETWORK, silent).publish('commit', text('hello'))).to.equal(0)
    })
  })
})

describe('dial book', () => {
  it('dials again when a peer comes back at another address', async () => {
    await withPeers(1, async peer => {
      const book = new DialBook(peer!, silent)
      const first = await startPeer(5)
      const connected = once(peer!, 'peer:connect')
      book.update([addressOf(first), addressOf(peer!)])
      await connected
      const disconnected = once(peer!, 'peer:disconnect')
      await first.stop()
      await disconnected
      const second = await startPeer(5)
      const again = once(peer!, 'peer:connect')
      book.update([addressOf(second)])
      await again
      expect(peer!.getPeers().map(String)).to.deep.equal([second.peerId.toString()])
      await book.stop()
      await second.stop()
    })
  })

  it('finds a peer again that returns at the same address', async () => {
    await withPeers(2, async (peer, other) => {
      const book = new DialBook(peer!, silent)
      const connected = [once(peer!, 'peer:connect'), once(other!, 'peer:connect')]
      book.update([addressOf(other!)])
      await Promise.all(connected)
      const again = once(peer!, 'peer:connect')
      await other!.hangUp(peer!.peerId)
      await again
      expect(peer!.getPeers()).to.have.lengthOf(1)
      await book.stop()
    })
  })

  it('reaches a peer whose id others announce, too, with addresses where nobody answers', async () => {
    await withPeers(2, async (peer, other) => {
      const clone = (multiaddrs: string[]) => ({ peerId: other!.peerId.toString(), multiaddrs })
      const clones = [clone(['/ip4/127.0.0.1/tcp/1']), clone([])]
      for (const announced of [
        [addressOf(other!), ...clones],
        [...clones, addressOf(other!)],
      ]) {
        const book = new DialBook(peer!, silent)
        const connected = once(peer!, 'peer:connect')
        book.update(announced)
        await connected
        expect(peer!.getPeers().map(String)).to.deep.equal([other!.peerId.toString()])
        await book.stop()
        const disconnected = once(peer!, 'peer:disconnect')
        await peer!.hangUp(other!.peerId)
        await disconnected
      }
    })
  })

  it('takes no peer for another, whatever peer id its address names', async () => {
    await withPeers(2, async (peer, other) => {
      const peerId = await peerIdOf(fromHex(seedOf(9)))
      for (const multiaddrs of [
        addressOf(other!).multiaddrs,
        addressOf(other!).multiaddrs.map(one => one.replace(/\/p2p\/.*/, '')),
      ]) {
        const error = await connect(peer!, { peerId, multiaddrs }, AbortSignal.timeout(5000)).catch((e: Error) => e)
        expect(error).to.be.an('error')
      }
      expect(peer!.getPeers()).to.deep.equal([])
    })
  })

  it('stops while it is still trying', async () => {
    await withPeers(1, async peer => {
      const gone = await startPeer(6)
      const address = addressOf(gone)
      await gone.stop()
      const book = new DialBook(peer!, silent)
      book.update([address])
      await book.stop()
      expect(peer!.getPeers()).to.deep.equal([])
    })
  })
})
