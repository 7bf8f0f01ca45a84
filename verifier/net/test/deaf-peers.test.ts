/** Fault: a verifier comes back over a new connection before the others have given up its old one. */

import { once } from 'node:events'
import { expect } from 'chai'
import { dropDeafPeers } from '../deaf-peers.js'
import { DialBook } from '../dial-book.js'
import { Gossip } from '../gossip.js'
import type { Peer } from '../libp2p.js'
import { connect, handleStreams, openStream } from '../streams.js'
import { addressOf, hasListeners, NETWORK, reaches, silent, startPeer, withPeers } from './network.js'

const PROTOCOL = '/test/1.0.0'
const LATER_MS = 60_000
const soon = () => AbortSignal.timeout(60_000)
const listening = (peer: Peer, heard: (text: string) => void): Gossip => {
  const gossip = new Gossip(peer, NETWORK, silent)
  gossip.subscribe('commit', async bytes => {
    heard(Buffer.from(bytes).toString())
    return 'accept'
  })
  return gossip
}

/** `use` gets a peer, and another one that is connected to it twice: as it was before it moved, and as it is now. */
async function withMoved(use: (peer: Peer, before: Peer, now: Peer) => Promise<void>): Promise<void> {
  await withPeers(2, async (peer, before) => {
    const now = await startPeer(1)
    try {
      const connected = once(peer!, 'connection:open')
      await Promise.all([connect(before!, addressOf(peer!), soon()), connected])
      await use(peer!, before!, now)
    } finally {
      await now.stop()
    }
  })
}

describe('a peer that moved, while its old connection seems open', () => {
  it('is told gossip again, and is heard', async () => {
    await withMoved(async (peer, before, now) => {
      const heard: Record<string, (text: string) => void> = {}
      const [hears, isHeard] = ['now', 'peer'].map(
        name =>
          new Promise<string>(resolve => {
            heard[name] = resolve
          }),
      )
      const gossip = listening(peer, text => heard.peer!(text))
      listening(before, () => undefined)
      const moved = listening(now, text => heard.now!(text))
      await hasListeners(peer, 1)
      const [old] = peer.getConnections()
      const book = new DialBook(now, silent)
      const connected = once(peer, 'connection:open')
      book.update([addressOf(peer)])
      await connected
      const closed = once(peer, 'connection:close')
      old!.abort(new Error('no answer'))
      await closed
      expect(await gossip.publish('commit', Buffer.from('lost'))).to.equal(0)
      const [young] = peer.getConnections()
      await dropDeafPeers(peer, silent, young!.timeline.open)
      expect(peer.getConnections(), 'a young connection stays').to.have.lengthOf(1)
      await dropDeafPeers(peer, silent, Date.now() + LATER_MS)
      await Promise.all([hasListeners(peer, 1), hasListeners(now, 1)])
      await Promise.all([reaches(peer), reaches(now)])
      await gossip.publish('commit', Buffer.from('to the moved one'))
      await moved.publish('commit', Buffer.from('from the moved one'))
      expect(await Promise.all([hears, isHeard])).to.deep.equal(['to the moved one', 'from the moved one'])
      await book.stop()
    })
  })

  it('is asked over its new connection', async () => {
    await withMoved(async (peer, before, now) => {
      for (const [one, name] of [
        [before, 'before'],
        [now, 'now'],
      ] as const)
        await handleStreams(
          one,
          PROTOCOL,
          100,
          stream => stream.send(Buffer.from(name)),
          () => undefined,
        )
      const connected = once(peer, 'connection:open')
      await Promise.all([connect(now, addressOf(peer), soon()), connected])
      const stream = await openStream(peer, addressOf(now), PROTOCOL, 100, soon())
      expect(Buffer.from((await stream.receive())!).toString()).to.equal('now')
    })
  })

  it('is left alone while gossip reaches it', async () => {
    await withMoved(async peer => {
      listening(peer, () => undefined)
      await reaches(peer)
      await dropDeafPeers(peer, silent, Date.now() + LATER_MS)
      expect(peer.getConnections()).to.have.lengthOf(1)
    })
  })
})
