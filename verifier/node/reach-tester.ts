/**
 * Tests for a provider whether it can be reached, as senders and receivers will reach it: by a session of its relay that
 * leads back to this verifier. So the provider hears of a closed port before anybody measures it.
 *
 * Nobody can turn this on a host that did not ask. A new connection goes to the asker's own host, or to an address that it
 * has announced on the chain. Datagrams go to where the relay's grant says, and one of full size only after a small one
 * came back from there.
 */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import pino, { type Logger } from 'pino'
import { HeartbeatSession, type MonotonicClock, type RandomSource, type Receiver } from '../../probe/index.js'
import { DATAGRAM_BYTES, HEARTBEAT_BYTES } from '../../proto/datagram.js'
import { toHex } from '../../proto/hex.js'
import { REACH_STEP, type ReachRequest, type ReachResponse, type ReachTest, RelayFrame } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { createPeer, hostOf } from '../net/libp2p.js'
import { literalMultiaddrs } from '../net/literal-addresses.js'
import { peerVerifier } from '../net/peer-keys.js'
import type { ReachAsker } from '../net/reach.js'
import { isMultiaddr } from '../net/readable-address.js'
import { dialStream } from './dialling.js'
import type { Directory } from './directory.js'
import type { OwnUdp } from './own-address.js'
import { ReachLimit } from './reach-limit.js'

/** Of the session that tests a relay. */
const SESSION_MS = 10_000
const ANSWER_MS = 1500
/** Each size is sent so often, since a path may lose some. */
const ATTEMPTS = 3

export interface ReachModules {
  readonly receiver: Receiver
  readonly udp: OwnUdp
  readonly directory: Pick<Directory, 'provider'>
  readonly clock: MonotonicClock
  readonly random: RandomSource
  readonly log: Logger
  readonly stopping: AbortSignal
}

export class ReachTester {
  readonly #modules: ReachModules
  readonly #limit = new ReachLimit()

  constructor(modules: ReachModules) {
    this.#modules = modules
  }

  async answer(request: ReachRequest, asker: ReachAsker): Promise<ReachResponse> {
    const { clock, log } = this.#modules
    const refused = this.#limit.begin(asker.host, clock.now())
    if (refused !== undefined) return { refused }
    try {
      const tests = await this.#test(request, asker)
      log.info({ ...asker, tests }, 'tested whether a provider can be reached')
      return { report: { host: asker.host, tests } }
    } finally {
      this.#limit.end()
    }
  }

  async #test(request: ReachRequest, asker: ReachAsker): Promise<ReachTest[]> {
    const { receiver, random, stopping, udp } = this.#modules
    const multiaddrs = await this.#testable(request, asker)
    const addresses = multiaddrs.join(', ')
    if (multiaddrs.length === 0) return [failed('tcp', `you announce no address of ${asker.host}, from where you ask`)]
    const log = pino({ level: 'silent' })
    // A node of its own: an open connection would show nothing.
    const peer = await createPeer({ seed: toHex(random.bytes(32)), listen: [], log })
    const tests: ReachTest[] = []
    try {
      const advertisedHost = await udp.hostFor([asker.host])
      const to = { peerId: asker.peerId, multiaddrs, like: advertisedHost }
      const stream = await dialStream({ peer, stopping }, to, SESSION_PROTOCOL, RelayFrame.maxBytes)
      tests.push(passed('tcp', addresses))
      const session = await HeartbeatSession.open(
        {
          ...{ sessionId: toHex(random.bytes(32)), stream, provider: peerVerifier(asker.peerId) },
          ...{ advertisedHost, advertisedPort: udp.port, durationMs: SESSION_MS },
        },
        { receiver, random },
      )
      try {
        tests.push(passed('udpOut', `${advertisedHost} port ${udp.port ?? receiver.port}`))
        tests.push(...(await this.#testIncoming(session)))
      } finally {
        await session.close()
      }
    } catch (error) {
      tests.push(failed(tests.length === 0 ? 'tcp' : 'udpOut', (error as Error).message.slice(0, 200)))
    } finally {
      await peer.stop()
    }
    return tests
  }

  /** From a port that the relay has never sent to: a NAT lets that in only if it is told to. */
  async #testIncoming(session: HeartbeatSession): Promise<ReachTest[]> {
    const { host, port } = session.relay
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    socket.on('error', () => {}) // what cannot be sent does not come back
    const comesBack = async (length: number): Promise<boolean> => {
      for (let i = 0; i < ATTEMPTS; i++) {
        const send = (datagram: Uint8Array) => socket.send(datagram, port, host)
        if (await session.comesBack(length, send, ANSWER_MS)) return true
      }
      return false
    }
    const where = `${host} port ${port}`
    try {
      if (!(await comesBack(HEARTBEAT_BYTES))) return [failed('udpIn', where)]
      return [passed('udpIn', where), { ...passed('fullSize', where), passed: await comesBack(DATAGRAM_BYTES) }]
    } finally {
      socket.close()
    }
  }

  /** @returns literals: those of the asker's host, and those that it has announced on the chain */
  async #testable({ multiaddrs, provider }: ReachRequest, asker: ReachAsker): Promise<string[]> {
    const named = await literalMultiaddrs(multiaddrs.filter(isMultiaddr))
    const registered = this.#modules.directory.provider(toHex(provider))
    const known = registered?.peerId === asker.peerId ? await literalMultiaddrs(registered.multiaddrs) : []
    return named.filter(address => hostOf(address) === asker.host || known.includes(address))
  }
}

const passed = (step: keyof typeof REACH_STEP, detail: string): ReachTest => ({
  ...{ step: REACH_STEP[step], passed: true, detail },
})
const failed = (step: keyof typeof REACH_STEP, detail: string): ReachTest => ({
  ...{ step: REACH_STEP[step], passed: false, detail },
})
