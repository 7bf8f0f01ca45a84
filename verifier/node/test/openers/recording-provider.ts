/** A provider that writes down all that an opener shows it, up to the first datagram, and forwards nothing. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Connection, Stream } from '@libp2p/interface'
import { Condition } from '../../../../probe/deadline.js'
import { systemRandom } from '../../../../probe/index.js'
import type { AnswerSigner } from '../../../../probe/ports.js'
import { challengeOf, isEcho } from '../../../../probe/wire/path-validation.js'
import { grantDigest, readyDigest } from '../../../../probe/wire/statements.js'
import { HEADER_BYTES, NONCE_BYTES, TAG_BYTES } from '../../../../proto/datagram.js'
import { toHex } from '../../../../proto/hex.js'
import { RelayFrame, RelayOpen } from '../../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../../proto/protocols.js'
import { FramedStream } from '../../../net/framed-stream.js'
import type { Peer } from '../../../net/libp2p.js'
import type { PeerAddress } from '../../../net/streams.js'
import { addressOf } from '../../../net/test/network.js'

const HOST = '127.0.0.1'
/** When the challenges leave, from the grant: as a relay sends them. */
const CHALLENGES_MS = [20, 50, 95, 163, 264, 416]
/** Protocols of nodes. An opener that speaks one of them, or says so, can be told by that. */
const PROTOCOLS = ['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0', '/meshsub/1.2.0', '/bandwitness/probe/1.0.0', SESSION_PROTOCOL]
/** Systems give out ports from here on. */
const EPHEMERAL_PORT = 32_768

/** Times in ms. A text stands as a number, the same for the same text. */
export type Shown = Record<string, number>

interface Session {
  readonly shown: Shown
  readonly tag: Buffer
  readonly openedMs: number
  readonly open: RelayOpen
  isEchoed: boolean
  isShown: boolean
}

export class RecordingProvider {
  readonly address: PeerAddress
  /** what was shown, by the id of the session with the provider, in hexadecimal */
  readonly shown = new Map<string, Shown>()
  readonly #peer: Peer
  readonly #signer: AnswerSigner
  readonly #socket = createSocket('udp4')
  readonly #byTag = new Map<string, Session>()
  readonly #condition = new Condition()
  readonly #echoed = new Set<string>()
  readonly #connectedMs = new Map<string, number>()
  readonly #texts = new Map<string, number>()
  readonly #seenTexts = new Set<string>()

  private constructor(peer: Peer, signer: AnswerSigner) {
    this.#peer = peer
    this.#signer = signer
    this.address = addressOf(peer)
  }

  static async open(peer: Peer, signer: AnswerSigner): Promise<RecordingProvider> {
    const provider = new RecordingProvider(peer, signer)
    provider.#socket.bind(0, HOST)
    await once(provider.#socket, 'listening')
    provider.#socket.on('message', (datagram, source) => provider.#onDatagram(datagram, source.port))
    peer.addEventListener('connection:open', ({ detail }) => provider.#connectedMs.set(detail.id, performance.now()))
    await peer.handle(SESSION_PROTOCOL, (stream, connection) => void provider.#serve(stream, connection))
    return provider
  }

  /** Resolves once the next hop has echoed, or after `timeoutMs`. */
  async echoOf(sessionId: Uint8Array, timeoutMs: number): Promise<void> {
    await this.#condition.until(() => this.#echoed.has(toHex(sessionId)), timeoutMs)
  }

  /** Resolves once the session has shown its first datagram. @throws Error if it does not within `timeoutMs` */
  async firstDatagramOf(sessionId: Uint8Array, timeoutMs: number): Promise<void> {
    const id = toHex(sessionId)
    if (!(await this.#condition.until(() => this.shown.has(id), timeoutMs))) throw new Error('an opener sent no data')
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.#peer.stop()
  }

  async #serve(raw: Stream, connection: Connection): Promise<void> {
    const streamMs = performance.now()
    const stream = new FramedStream(raw, HOST, RelayOpen.maxBytes)
    try {
      const message = await stream.receive()
      if (!message) return
      const openedMs = performance.now()
      const connectedMs = this.#connectedMs.get(connection.id)!
      const shown = {
        ...{ toStreamMs: streamMs - connectedMs, toOpenMs: openedMs - streamMs },
        ...this.#shownByConnection(connection),
        ...this.#shownByOpening(message),
      }
      await this.#grant(stream, RelayOpen.decode(message), connection, { shown, openedMs })
      Object.assign(shown, await this.#shownToQuestions(connection))
      await stream.receive() // the opener's end
    } catch {
      // the opener has gone away
    } finally {
      await stream.close()
    }
  }

  #shownByConnection(connection: Connection): Shown {
    const { remoteAddr, remotePeer, direction, encryption, multiplexer, direct, limits, streams } = connection
    const [host, port] = remoteAddr.getComponents().map(({ value }) => value)
    return {
      host: this.#number(host!),
      ...{ direct: Number(direct), limited: Number(limits !== undefined), streams: streams.length },
      ephemeralPort: Number(Number(port) >= EPHEMERAL_PORT),
      addressForm: this.#number(
        remoteAddr
          .getComponents()
          .map(({ name }) => name)
          .join('/'),
      ),
      how: this.#number(`${direction} ${encryption} ${multiplexer}`),
      keyType: this.#number(remotePeer.type),
      peerIdLength: remotePeer.toString().length,
      peerSeen: this.#seen(remotePeer.toString()),
      connections: this.#peer.getConnections(remotePeer).length,
    }
  }

  /** Every field of the opening, whatever fields there are. */
  #shownByOpening(message: Uint8Array): Shown {
    const shown: Shown = { messageLength: message.length, sessionSeen: this.#seen(toHex(message)) }
    for (const [name, value] of Object.entries(RelayOpen.decode(message))) {
      if (typeof value === 'number') shown[name] = name === 'nextHopPort' ? Number(value >= EPHEMERAL_PORT) : value
      else if (typeof value === 'string') shown[name] = this.#number(value)
      else {
        shown[`${name}Length`] = value.length
        shown[`${name}Ones`] = onesIn(value)
        shown[`${name}Seen`] = this.#seen(`${name} ${toHex(value)}`)
      }
    }
    return shown
  }

  /** What the opener's node answers if one asks. */
  async #shownToQuestions(connection: Connection): Promise<Shown> {
    const shown: Shown = {}
    for (const protocol of PROTOCOLS) {
      shown[protocol] = await connection.newStream(protocol).then(
        stream => {
          stream.abort(new Error('only asked'))
          return 1
        },
        (error: Error) => this.#number(error.name),
      )
    }
    const known = await this.#peer.peerStore.get(connection.remotePeer).catch(() => undefined)
    shown.protocols = this.#number(String(known?.protocols))
    shown.agent = this.#number(String(known?.metadata.get('AgentVersion')))
    shown.metadata = known?.metadata.size ?? -1
    shown.addresses = known?.addresses.length ?? -1
    return shown
  }

  async #grant(
    stream: FramedStream,
    open: RelayOpen,
    { remotePeer }: Connection,
    given: Pick<Session, 'shown' | 'openedMs'>,
  ): Promise<void> {
    const { sessionId, rateKbps, budgetBytes } = open
    const tag = Buffer.from(systemRandom.bytes(TAG_BYTES))
    const session: Session = { ...given, tag, open, isEchoed: false, isShown: false }
    this.#byTag.set(toHex(tag), session)
    const udpPort = this.#socket.address().port
    const grant = { sessionId, tag, udpPort, rateKbps, budgetBytes, opener: remotePeer.toString() }
    const signature = await this.#signer.sign(grantDigest(grant))
    await stream.send(RelayFrame.encode({ grant: { ...grant, signature } }))
    const nonce = systemRandom.bytes(NONCE_BYTES)
    const timers = CHALLENGES_MS.map((ms, i) =>
      setTimeout(() => {
        if (session.isEchoed) return
        session.shown.challenges = i + 1
        this.#socket.send(challengeOf(tag, nonce), open.nextHopPort, open.nextHopHost)
      }, ms),
    )
    const isEchoed = await this.#condition.until(() => session.isEchoed, 1000)
    for (const timer of timers) clearTimeout(timer)
    if (!isEchoed) throw new Error('no echo')
    const ready = { sessionId, signature: await this.#signer.sign(readyDigest(sessionId)) }
    await stream.send(RelayFrame.encode({ ready }))
  }

  #onDatagram(datagram: Buffer, port: number): void {
    const session = this.#byTag.get(toHex(datagram.subarray(0, TAG_BYTES)))
    if (!session) return
    const { shown, open, openedMs } = session
    const nowMs = performance.now()
    if (isEcho(datagram)) {
      session.isEchoed = true
      this.#echoed.add(toHex(open.sessionId))
      shown.echoMs = nowMs - openedMs
      shown.echoFromNextHop = Number(port === open.nextHopPort)
    } else if (!session.isShown) {
      session.isShown = true
      shown.firstDataMs = nowMs - openedMs
      shown.dataLength = datagram.length
      shown.dataOnes = onesIn(datagram.subarray(TAG_BYTES))
      shown.dataFromNextHop = Number(port === open.nextHopPort)
      shown.dataEphemeralPort = Number(port >= EPHEMERAL_PORT)
      for (let i = TAG_BYTES; i < HEADER_BYTES + 4; i++) shown[`byte${i}`] = datagram[i]!
      this.shown.set(toHex(open.sessionId), shown)
    }
    this.#condition.changed()
  }

  #number(text: string): number {
    const number = this.#texts.get(text) ?? this.#texts.size
    this.#texts.set(text, number)
    return number
  }

  /** 1 if this was shown before. */
  #seen(text: string): number {
    const isSeen = this.#seenTexts.has(text)
    this.#seenTexts.add(text)
    return Number(isSeen)
  }
}

/** Share of bits that are set. */
const onesIn = (bytes: Uint8Array): number => {
  let ones = 0
  for (const byte of bytes) for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1
  return ones / (8 * Math.max(1, bytes.length))
}
