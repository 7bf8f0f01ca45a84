/**
 * Tests for a node whether it can be reached, as senders and receivers will reach it: by a session of its relay that leads
 * back to this verifier. So a provider hears of a closed port before anybody measures it. A verifier opens a relay at its
 * ports for the test.
 *
 * Nobody can turn this on a host that did not ask. A new connection goes to the asker's own host, or to an address that it
 * has announced on the chain. Datagrams go to where the relay's grant says, and one of full size only after a small one
 * came back from there.
 */
import type { Logger } from 'pino'
import { HeartbeatSession, type MonotonicClock, type RandomSource, type Receiver } from '../../probe/index.js'
import { DATAGRAM_BYTES, SIZES_BYTES } from '../../proto/datagram.js'
import { toHex } from '../../proto/hex.js'
import {
  REACH_STEP,
  type ReachRequest,
  type ReachResponse,
  type ReachStepName,
  type ReachTest,
} from '../../proto/messages.js'
import type { AnswerVerifiers } from '../chain/answers.js'
import { hostOf } from '../net/libp2p.js'
import { literalMultiaddrs } from '../net/literal-addresses.js'
import type { ReachAsker } from '../net/reach.js'
import { isMultiaddr } from '../net/readable-address.js'
import { dialSession } from './dialling.js'
import type { Directory } from './directory.js'
import type { OwnUdp } from './own-address.js'
import { ReachLimit } from './reach-limit.js'

const ANSWER_MS = 1500
/** Each size is sent so often, since a path may lose some. */
const ATTEMPTS = 3

export interface ReachModules {
  readonly answers: AnswerVerifiers
  readonly receiver: Receiver
  readonly udp: OwnUdp
  readonly directory: Pick<Directory, 'of'>
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
      log.info({ ...asker, tests }, 'tested whether a node can be reached')
      return { report: { host: asker.host, tests } }
    } finally {
      this.#limit.end()
    }
  }

  async #test(request: ReachRequest, asker: ReachAsker): Promise<ReachTest[]> {
    const { answers, receiver, random, stopping, udp } = this.#modules
    const multiaddrs = await this.#testable(request, asker)
    if (multiaddrs.length === 0)
      return [testOf('tcp', false, `you announce no address of ${asker.host}, from where you ask`)]
    const tests: ReachTest[] = []
    try {
      const advertisedHost = await udp.hostFor([asker.host])
      const stream = await dialSession(stopping, { peerId: asker.peerId, multiaddrs, like: advertisedHost })
      tests.push(testOf('tcp', true, multiaddrs.join(', ')))
      const session = await HeartbeatSession.open(
        {
          ...{ sessionId: toHex(random.bytes(32)), stream, provider: answers.of(toHex(request.provider)) },
          ...{ claimKbps: request.claimKbps, advertisedHost, advertisedPort: udp.port, udpHost: udp.bindHost },
        },
        { receiver, random },
      )
      try {
        tests.push(testOf('udpOut', true, `${advertisedHost} port ${udp.port ?? receiver.port}`))
        tests.push(...(await testIncoming(session)))
      } finally {
        await session.close()
      }
    } catch (error) {
      tests.push(testOf(tests.length === 0 ? 'tcp' : 'udpOut', false, (error as Error).message.slice(0, 200)))
    }
    return tests
  }

  /** @returns literals: those of the asker's host, and those that it has announced on the chain */
  async #testable({ multiaddrs, provider }: ReachRequest, asker: ReachAsker): Promise<string[]> {
    const named = await literalMultiaddrs(multiaddrs.filter(isMultiaddr))
    const announced = (['provider', 'verifier'] as const).flatMap(
      role => this.#modules.directory.of(role, toHex(provider)) ?? [],
    )
    const own = announced.filter(({ peerId }) => peerId === asker.peerId)
    const known = await literalMultiaddrs(own.flatMap(({ multiaddrs: all }) => all))
    return named.filter(address => hostOf(address) === asker.host || known.includes(address))
  }
}

/** Heartbeats leave from a port that the relay has never sent to: a NAT lets them in only if it is told to. */
async function testIncoming(session: HeartbeatSession): Promise<ReachTest[]> {
  const where = `${session.relay.host} port ${session.relay.port}`
  const comesBack = async (length: number): Promise<boolean> => {
    for (let i = 0; i < ATTEMPTS; i++) if (await session.tick(ANSWER_MS, length)) return true
    return false
  }
  // A datagram of full size goes only to where a small one came back from.
  if (!(await comesBack(SIZES_BYTES[0]))) return [testOf('udpIn', false, where)]
  return [testOf('udpIn', true, where), testOf('fullSize', await comesBack(DATAGRAM_BYTES), where)]
}

const testOf = (step: ReachStepName, passed: boolean, detail: string): ReachTest => ({
  ...{ step: REACH_STEP[step], passed, detail },
})
