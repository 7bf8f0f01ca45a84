/** Connections to one verifier that say nothing: a third of them shakes no hands, the others are of a few keys. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { strangerPeer } from '../../strangers/stranger-peer.js'
import { type Flood, often } from '../attacker.js'

const CONNECTIONS = 300
const KEYS = 10
/** So that all are there after three seconds. */
const PER_SECOND = 100
const HOST = '127.0.0.1'

export const connections: Flood = async (attacker, signal) => {
  const address = multiaddr(attacker.victims[0]!.multiaddrs[0]!)
  const port = Number(address.getComponents().find(({ name }) => name === 'tcp')!.value)
  const strangers = await Promise.all(Array.from({ length: KEYS }, () => strangerPeer(HOST)))
  const peers = attacker.own === undefined ? strangers : [attacker.peer]
  const mute = new Set<Socket>()
  const held = () => mute.size + peers.reduce((sum, peer) => sum + peer.getConnections().length, 0)
  await often(PER_SECOND, signal, async i => {
    if (held() >= CONNECTIONS) return
    attacker.counts.sent++
    if (i % 3 > 0) {
      const dialled = peers[i % peers.length]!.dial(address, { force: true, signal: AbortSignal.timeout(3000) })
      await dialled.catch(() => attacker.counts.refused++)
      return
    }
    const socket = connect({ host: HOST, port })
    mute.add(socket)
    await once(socket, 'close').catch(() => {})
    mute.delete(socket)
    attacker.counts.refused++
  })
  for (const socket of mute) socket.destroy()
  await Promise.all(strangers.map(peer => peer.stop()))
}
