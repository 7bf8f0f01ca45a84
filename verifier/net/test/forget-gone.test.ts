/** Attack: peer ids without end, each of which connects once. */

import { once } from 'node:events'
import { mock } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { PeerId } from '@libp2p/interface'
import { expect } from 'chai'
import { forgetGone } from '../forget-gone.js'
import type { Peer } from '../libp2p.js'
import { connect } from '../streams.js'
import { addressOf, withPeers } from './network.js'

const soon = () => AbortSignal.timeout(60_000)

/** `other` connects to `peer`, and goes. Resolves once the time has passed after which a peer may be forgotten. */
async function comeAndGo(peer: Peer, other: Peer, meanwhile = async (): Promise<unknown> => undefined): Promise<void> {
  const identified = once(peer, 'peer:identify')
  await Promise.all([connect(other, addressOf(peer), soon()), identified])
  const gone = once(peer, 'peer:disconnect')
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    await other.hangUp(peer.peerId)
    await gone
    await meanwhile()
    mock.timers.tick(60_000)
  } finally {
    mock.timers.reset()
  }
}

/** Resolves once the peer has forgotten the other one. */
async function forgotten(peer: Peer, id: PeerId): Promise<void> {
  while (await peer.peerStore.has(id)) await pause(10)
}

describe('peers that have gone', () => {
  it('are forgotten', async () => {
    await withPeers(2, async (peer, other) => {
      forgetGone(peer!)
      await comeAndGo(peer!, other!)
      await forgotten(peer!, other!.peerId)
    })
  })

  it('are kept if they are verifiers, whose last address may serve while DNS is down', async () => {
    await withPeers(3, async (peer, verifier, stranger) => {
      forgetGone(peer!, id => id === verifier!.peerId.toString())
      await comeAndGo(peer!, verifier!)
      await comeAndGo(peer!, stranger!)
      await forgotten(peer!, stranger!.peerId)
      expect(await peer!.peerStore.has(verifier!.peerId)).to.equal(true)
    })
  })

  it('are kept if they came back', async () => {
    await withPeers(2, async (peer, other) => {
      forgetGone(peer!)
      await comeAndGo(peer!, other!, () => connect(peer!, addressOf(other!), soon()))
      for (let round = 0; round < 10; round++) await new Promise(setImmediate)
      expect(await peer!.peerStore.has(other!.peerId)).to.equal(true)
    })
  })
})
