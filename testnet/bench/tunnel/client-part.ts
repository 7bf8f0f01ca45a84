/** A client in a process of its own. It notes when bytes of its flow come, and compares each with the keystream. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { openLegSessions } from '../../../market/client/leg-sessions.js'
import { PaidLeg } from '../../../market/client/paid-leg.js'
import { TunnelSocket } from '../../../market/tunnel-socket.js'
import { systemClock, systemRandom } from '../../../probe/system.js'
import { ClientTunnel, type QuicStream } from '../../../probe/tunnel/index.js'
import { counterSign, type ReceiptPoint } from '../../../probe/wire/receipts.js'
import { toHex } from '../../../proto/hex.js'
import { providerAnswers } from '../../lab/session.js'
import { within } from '../../process/within.js'
import { framed } from '../framed-stream.js'
import { Arrivals } from './arrivals.js'
import { monotonicMs } from './clock.js'
import { claimOf } from './grants.js'
import { Keystream } from './keystream.js'
import type { Answer, Death, Order, Part, RoleOptions, Total } from './role-messages.js'
import { readTrailer, TRAILER_BYTES } from './trailer.js'

const JOINED_MS = 5000
const REST_MS = 30_000
/** No relay of the bench looks at it. */
const SIGNATURE = new Uint8Array(65)

type Of<Kind extends string> = Extract<Order, Record<Kind, unknown>>

export async function clientPart({ host }: RoleOptions): Promise<Part> {
  let tunnel: ClientTunnel | undefined
  const socket = await TunnelSocket.open({ host, port: 0, clock: systemClock }, (...datagram) =>
    tunnel?.onDatagram(...datagram),
  )
  let flow: Flow
  let deaths: Death[] = []

  async function open({ open: { exit, mode, seed } }: Of<'open'>): Promise<Answer> {
    const { publicKey, certHash } = exit
    tunnel = await ClientTunnel.open({
      ...{ port: socket, mode, clock: systemClock, random: systemRandom },
      exit: { publicKey: Buffer.from(publicKey, 'hex'), certHash: Buffer.from(certHash, 'hex') },
    })
    flow = new Flow(tunnel.openStream(), seed)
    deaths = []
    return { done: true }
  }

  async function leg({ leg: { path, relay, grantKbps, exit } }: Of<'leg'>): Promise<Answer> {
    const sessions = await openLegSessions({
      ...{ provider: providerAnswers, claimKbps: claimOf(grantKbps), exit, random: systemRandom },
      dial: async () => {
        const socket = connect(relay)
        await once(socket, 'connect')
        return framed(socket)
      },
      own: { host, port: socket.port },
    })
    const paid = new PaidLeg({ tunnel: tunnel!, sessions, purse: new OpenPurse(), id: toHex(randomBytes(32)) })
    // The leg before on this path is no news: its relay was cleared away.
    deaths = deaths.filter(death => death.path !== path)
    void paid.leg.dead.then(why => {
      if (why !== 'ended') deaths.push({ path, why, atMs: monotonicMs() })
    })
    return {
      joined:
        (await within(
          JOINED_MS,
          paid.leg.joined.then(() => true),
        )) ?? false,
    }
  }

  return {
    first: { ready: socket.port },
    async handle(order) {
      if ('open' in order) return open(order)
      if ('leg' in order) return leg(order)
      if ('look' in order) {
        const seen = { ...flow.arrivals.during(order.look), deaths }
        deaths = []
        return { seen }
      }
      const total = await flow.finish()
      tunnel!.close()
      deaths = []
      return { total }
    },
  }
}

/** Pays whatever is owed. */
class OpenPurse {
  #total = 0

  async pay(id: string, point: ReceiptPoint, sessionBytes: number, bytes: number) {
    this.#total += bytes
    const channel = Buffer.from(id.slice(2), 'hex')
    return counterSign(point, sessionBytes + bytes, { sign: async () => SIGNATURE }, { channel, total: this.#total })
  }
}

class Flow {
  readonly arrivals = new Arrivals()
  readonly #stream: QuicStream
  readonly #expected: Keystream
  readonly #hash = createHash('sha256')
  readonly #ended = Promise.withResolvers<void>()
  /** may be the trailer */
  #last = Buffer.alloc(0)
  #bytes = 0
  #wrong = 0

  constructor(stream: QuicStream, seed: string) {
    this.#stream = stream
    this.#expected = new Keystream(seed)
    stream.write(seed)
    stream.on('data', (bytes: Buffer) => this.#take(bytes))
    stream.on('error', () => this.#ended.resolve())
    stream.on('end', () => this.#ended.resolve())
  }

  async finish(): Promise<Total> {
    this.#stream.end()
    const isEnded = await within(
      REST_MS,
      this.#ended.promise.then(() => true),
    )
    const { bytes, hash } = readTrailer(this.#last.toString('latin1'))
    const receivedBytes = this.#bytes
    const sentBytes = isEnded && Number.isFinite(bytes) ? bytes : Number.NaN
    const wrongBytes = this.#wrong + (isEnded ? Math.abs(sentBytes - receivedBytes) : receivedBytes)
    return { sentBytes, receivedBytes, wrongBytes, isSameHash: this.#hash.digest('hex') === hash }
  }

  #take(bytes: Buffer): void {
    this.arrivals.add(bytes.length, monotonicMs())
    const all = Buffer.concat([this.#last, bytes])
    const known = all.subarray(0, Math.max(0, all.length - TRAILER_BYTES))
    this.#last = all.subarray(known.length)
    if (known.length === 0) return
    this.#hash.update(known)
    this.#bytes += known.length
    const expected = this.#expected.next(known.length)
    if (!expected.equals(known)) for (const [i, byte] of known.entries()) if (byte !== expected[i]) this.#wrong++
  }
}
