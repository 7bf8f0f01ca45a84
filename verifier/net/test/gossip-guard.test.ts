/** Liars and strangers on gossip: real nodes on loopback. */
import { once } from 'node:events'
import { expect } from 'chai'
import { topicOf } from '../../../proto/protocols.js'
import { Gossip, type GossipRules } from '../gossip.js'
import { BUDGET, GossipBudget, MAX_HELD_BYTES, SHARE_SPENT } from '../gossip-budget.js'
import { guardGossip } from '../gossip-guard.js'
import type { Peer } from '../libp2p.js'
import { disconnect, type Offence } from '../offences.js'
import { hasListeners, NETWORK, silent, withPeers } from './network.js'

const text = (message: string) => Buffer.from(message)
const COMMITS = topicOf(NETWORK, 'commit')

/** What one node hears of others that it is connected with, with a liar and an honest peer among them. */
async function withNode(
  use: (parts: {
    node: Peer
    liar: Peer
    honest: Peer
    announced: Set<string>
    heard: Heard
    offences: Offence[]
  }) => Promise<void>,
): Promise<void> {
  await withPeers(3, async (...peers) => {
    const [node, liar, honest] = peers as [Peer, Peer, Peer]
    const announced = new Set([honest.peerId.toString()])
    const offences: Offence[] = []
    const rules: GossipRules = {
      isAnnounced: peerId => announced.has(peerId),
      onOffence: (peerId, offence) => {
        offences.push(offence)
        disconnect(node, peerId, offence)
      },
    }
    const heard = new Heard(new Gossip(node, NETWORK, silent, rules))
    for (const peer of [liar, honest]) new Gossip(peer, NETWORK, silent).subscribe('commit', async () => 'accept')
    const known = [hasListeners(node, 2), hasListeners(liar, 1), hasListeners(honest, 1)]
    await Promise.all([liar, honest].map(peer => peer.dial(node.getMultiaddrs())))
    await Promise.all(known)
    await use({ node, liar, honest, announced, heard, offences })
  })
}

/** Takes commits, and rejects those that begin with "wrong". */
class Heard {
  readonly texts: string[] = []
  #changed = Promise.withResolvers<void>()

  constructor(gossip: Gossip) {
    gossip.subscribe('commit', async bytes => {
      const message = Buffer.from(bytes).toString()
      this.texts.push(message)
      this.#changed.resolve()
      return message.startsWith('wrong') ? 'reject' : 'accept'
    })
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.#changed.promise
      this.#changed = Promise.withResolvers()
    }
  }
}

const say = (peer: Peer, message: string) => peer.services.pubsub.publish(COMMITS, text(message))

describe('gossip of strangers and liars', () => {
  it('is not heard from a peer that no verifier announced, and is not lost if an honest peer says it later', async () => {
    await withNode(async ({ liar, honest, heard }) => {
      await say(liar, 'first')
      await say(honest, 'after') // honest and the node are connected, too
      await heard.until(() => heard.texts.includes('after'))
      expect(heard.texts).to.deep.equal(['after'])
      await say(honest, 'first')
      await heard.until(() => heard.texts.includes('first'))
    })
  })

  it('is heard as soon as a verifier has announced the peer, over the same connection', async () => {
    await withNode(async ({ liar, announced, heard }) => {
      announced.add(liar.peerId.toString())
      await say(liar, 'welcome')
      await heard.until(() => heard.texts.includes('welcome'))
    })
  })

  it('costs at most a budget of checks, however many wrong messages come at once; the liar is disconnected', async () => {
    await withNode(async ({ node, liar, honest, announced, heard }) => {
      announced.add(liar.peerId.toString())
      const gone = once(node, 'peer:disconnect')
      const left = once(liar, 'peer:disconnect')
      const startMs = performance.now()
      for (let i = 0; i < 4 * BUDGET; i++) await say(liar, `wrong ${i}`).catch(() => {})
      const [{ detail }] = await gone
      expect(detail.toString()).to.equal(liar.peerId.toString())
      const checked = heard.texts.length
      const more = Math.floor((performance.now() - startMs) / 1000) // one check each second
      expect(checked).to.be.within(BUDGET, BUDGET + more)
      await left

      // It comes back, and takes the words out of an honest peer's mouth.
      const back = [hasListeners(liar, 1), hasListeners(node, 2)] // its subscriptions are heard
      await liar.dial(node.getMultiaddrs())
      await Promise.all(back)
      await say(liar, 'honest words')
      await say(honest, 'honest words')
      await heard.until(() => heard.texts.includes('honest words'))
      expect(heard.texts).to.have.lengthOf(checked + 1)
    })
  })

  it('attack: a stranger that sends in vain is disconnected, once it sent more than several epochs hold', async () => {
    await withNode(async ({ node, liar, heard, offences }) => {
      const gone = once(node, 'peer:disconnect')
      const most = BUDGET / SHARE_SPENT.ignore
      for (let i = 0; i < most - 200; i++) await say(liar, `in vain ${i}`)
      expect(node.getConnections(liar.peerId)).to.have.lengthOf(1)
      let isGone = false
      void gone.then(() => {
        isGone = true
      })
      // It regains a few of them each second.
      for (let i = 0; !isGone; i++) {
        await say(liar, `much too much ${i}`).catch(() => {})
        if (i % 100 === 99) await new Promise(setImmediate)
      }
      expect([heard.texts, offences]).to.deep.equal([[], ['unheard']])
    })
  })

  it('attack: large messages, which no message of their topic can be, are counted by their bytes', async () => {
    await withNode(async ({ node, liar, announced, heard, offences }) => {
      announced.add(liar.peerId.toString())
      const gone = once(node, 'peer:disconnect')
      const raw = liar.services.pubsub as unknown as { sendRpc(to: string, rpc: object): boolean }
      const MIB = 2 ** 20
      let sent = 0
      const [connection] = liar.getConnections()
      const stream = connection!.streams.find(one => /meshsub/.test(one.protocol) && one.direction === 'outbound')!
      while (stream.status === 'open' && sent < 256 * MIB) {
        sent += 2 * MIB
        const data = Buffer.alloc(2 * MIB, `${sent}`)
        raw.sendRpc(node.peerId.toString(), { subscriptions: [], messages: [{ topic: COMMITS, data }] })
        // The liar's own node drops what piles up.
        while (stream.status === 'open' && stream.writableNeedsDrain)
          await new Promise(resolve => setImmediate(resolve))
      }
      await gone
      expect([heard.texts, offences[0]]).to.deep.equal([[], 'unheard'])
      expect(sent).to.be.within(60 * MIB, 200 * MIB)
    })
  })

  it('keeps nothing of topics that the node does not know', async () => {
    await withNode(async ({ node, liar, announced }) => {
      announced.add(liar.peerId.toString())
      const { pubsub } = node.services
      const other = { chainId: 1, contract: NETWORK.contract }
      const changed = new Promise<void>(resolve => {
        pubsub.addEventListener('subscription-change', () => {
          if (pubsub.getSubscribers(topicOf(NETWORK, 'seen')).length > 0) resolve()
        })
      })
      const raw = liar.services.pubsub as unknown as {
        sendSubscriptions(to: string, topics: string[], on: boolean): void
      }
      const known = topicOf(NETWORK, 'seen')
      raw.sendSubscriptions(node.peerId.toString(), [topicOf(other, 'seen'), 'x'.repeat(1000), known], true)
      await changed
      expect(pubsub.getSubscribers(known).map(String)).to.deep.equal([liar.peerId.toString()])
      for (const unknown of [topicOf(other, 'seen'), 'x'.repeat(1000)])
        expect(pubsub.getSubscribers(unknown)).to.be.empty
    })
  })

  it('leaves out what there is no room for beside messages that wait, which is nobody’s fault', async () => {
    const passed: string[] = []
    let dropped = 0
    const receive = async (_: unknown, rpc: { readonly messages: readonly { readonly topic: string }[] }) => {
      passed.push(...rpc.messages.map(({ topic }) => topic))
    }
    const pubsub = { handleReceivedRpc: receive }
    const budget = new GossipBudget(() => 0)
    const blamed: string[] = []
    guardGossip(pubsub as never, {
      ...{ budget, unheard: new GossipBudget(() => 0), isAnnounced: () => true, costOf: () => 1 },
      onUnheard: peerId => blamed.push(peerId),
      onDropped: messages => {
        dropped += messages
      },
    })
    budget.take('a', 1, MAX_HELD_BYTES - 10)
    const messages = ['first', 'large', 'last'].map(topic => ({ topic, data: new Uint8Array(6) }))
    await pubsub.handleReceivedRpc('a', { subscriptions: [], messages } as never)
    expect([passed, dropped, blamed]).to.deep.equal([['first'], 2, []])
    budget.settle('a', 1, 0, MAX_HELD_BYTES - 10)
    await pubsub.handleReceivedRpc('a', { subscriptions: [], messages } as never)
    expect(passed).to.deep.equal(['first', 'first', 'large', 'last'])
  })

  it('has the node refuse to start with a gossipsub that cannot be guarded', () => {
    const never = undefined as never
    const rules = {
      budget: never,
      unheard: never,
      isAnnounced: () => true,
      costOf: () => 1,
      onUnheard: () => {},
      onDropped: () => {},
    }
    expect(() => guardGossip({} as never, rules)).to.throw('cannot be guarded')
  })
})
