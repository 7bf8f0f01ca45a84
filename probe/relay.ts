/**
 * The provider's side: one UDP port for all sessions. Whatever comes in without a session's tag, from another source, too
 * fast or too much is dropped and counted. Nothing is ever answered to an address that has not been validated, but the
 * bounded challenges of path-validation.ts.
 */
import type { RemoteInfo } from 'node:dgram'
import { isIP } from 'node:net'
import { DATAGRAM_BYTES, TAG_BYTES } from '../proto/datagram.js'
import { RelayFrame, RelayOpen } from '../proto/messages.js'
import {
  HANDSHAKE_MS,
  MAX_BUDGET_MS,
  MAX_DURATION_MS,
  MAX_SESSIONS,
  MAX_SESSIONS_PER_PEER,
  SHARE_SLACK,
} from './constants.js'
import { within } from './deadline.js'
import { type Forwarding, forwardAll, limited, REFUSE, type RefuseName, type RefuseReason } from './forwarding.js'
import type { MessageStream, MonotonicClock, PeerSigner, RandomSource } from './ports.js'
import { RelaySession } from './relay-session.js'
import { newRelayStats, type RelayStats } from './relay-stats.js'
import { SeenSessions } from './seen-sessions.js'
import { bytesIn, maxShareKbps } from './share.js'
import { grantDigest, refuseDigest } from './statements.js'
import { UdpPort } from './udp-port.js'

export interface RelayOptions {
  readonly host: string
  /** 0 for any */
  readonly port: number
  readonly claimKbps: number
  /** all sessions together; see `limited` */
  readonly limitKbps?: number | undefined
  /** instead of `limitKbps` */
  readonly forwarding?: Forwarding | undefined
  readonly signer: PeerSigner
  readonly clock: MonotonicClock
  readonly random: RandomSource
}

const REFUSE_NAME = new Map(Object.entries(REFUSE).map(([name, reason]) => [reason, name as RefuseName]))
const tagKey = (datagram: Buffer): string => datagram.toString('latin1', 0, TAG_BYTES)

export class Relay {
  readonly stats: RelayStats = newRelayStats()
  readonly #options: RelayOptions
  readonly #forwarding: Forwarding
  readonly #sessions = new Map<string, RelaySession>()
  readonly #seen = new SeenSessions()
  #claimKbps: number
  #udp!: UdpPort
  #family = 4

  private constructor(options: RelayOptions) {
    this.#options = options
    this.#claimKbps = options.claimKbps
    this.#forwarding = options.forwarding ?? (options.limitKbps ? limited(options.limitKbps) : forwardAll)
  }

  /** @throws UdpPortError */
  static async open(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options)
    relay.#family = isIP(options.host)
    relay.#udp = await UdpPort.open(options.host, options.port, (datagram, source) =>
      relay.#onDatagram(datagram, source),
    )
    return relay
  }

  get port(): number {
    return this.#udp.port
  }

  /** A claim that changes on chain; sessions that are open keep what they were granted. */
  setClaim(claimKbps: number): void {
    this.#claimKbps = claimKbps
  }

  /** One session, from its request to its last receipt. Never throws for a peer's fault. */
  async serve(stream: MessageStream, peer: string): Promise<void> {
    try {
      const request = await within(HANDSHAKE_MS, 'session request', stream.receive())
      if (request) await this.#serve(RelayOpen.decode(request), stream, peer)
    } catch {
      // A peer that is gone, silent or speaks nonsense: there is nobody to tell.
    } finally {
      await stream.close().catch(() => {})
    }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) session.close()
    this.#sessions.clear()
    await this.#udp.close()
  }

  async #serve(open: RelayOpen, stream: MessageStream, peer: string): Promise<void> {
    const { clock, random, signer } = this.#options
    const reason = this.#refusal(open, peer)
    if (reason !== undefined) {
      this.stats.refused[REFUSE_NAME.get(reason)!]++
      const signature = await signer.sign(refuseDigest(open.sessionId, reason))
      await stream.send(RelayFrame.encode({ refuse: { sessionId: open.sessionId, reason, signature } }))
      return
    }
    const tag = Buffer.from(random.bytes(TAG_BYTES))
    const session = new RelaySession(open, {
      peer,
      tag,
      nonce: random.bytes(16),
      stream,
      signer,
      nowMs: clock.now(),
      challenge: (challenge, port, host) => {
        this.stats.challenges++
        this.#udp.send(challenge, port, host)
      },
    })
    this.#sessions.set(tagKey(tag), session)
    this.stats.sessions = this.#sessions.size
    this.stats.granted++
    try {
      const grant = { sessionId: open.sessionId, tag, udpPort: this.port }
      const signature = await signer.sign(grantDigest(grant))
      await stream.send(RelayFrame.encode({ grant: { ...grant, signature } }))
      if (!(await session.path.settled)) return
      await stream.send(RelayFrame.encode({ ready: { sessionId: open.sessionId } }))
      // The opener finishes, goes away or runs out of time; whatever it says now means the end.
      await within(open.durationMs, 'end of session', session.ended()).catch(() => {})
      await session.finish(clock.now())
    } finally {
      session.close()
      this.#sessions.delete(tagKey(tag))
      this.stats.sessions = this.#sessions.size
    }
  }

  #refusal(open: RelayOpen, peer: string): RefuseReason | undefined {
    const { rateKbps, budgetBytes, durationMs, nextHopHost, nextHopPort } = open
    const nowMs = this.#options.clock.now()
    if (isIP(nextHopHost) !== this.#family || nextHopPort < 1 || nextHopPort > 0xffff) return REFUSE.malformed
    if (rateKbps < 1 || budgetBytes < 1 || durationMs < 1) return REFUSE.malformed
    const mostKbps = maxShareKbps(this.#claimKbps) * SHARE_SLACK
    if (rateKbps > mostKbps || budgetBytes > bytesIn(mostKbps, MAX_BUDGET_MS) || durationMs > MAX_DURATION_MS) {
      return REFUSE.tooMuch
    }
    let ofPeer = 0
    for (const session of this.#sessions.values()) if (session.peer === peer) ofPeer++
    if (ofPeer >= MAX_SESSIONS_PER_PEER || this.#sessions.size >= MAX_SESSIONS) return REFUSE.busy
    // A session has several senders: one id, once from each.
    if (!this.#seen.add(`${Buffer.from(open.sessionId).toString('hex')} ${peer}`, nowMs)) return REFUSE.replayed
    const admitted = this.#forwarding.admit(open, nowMs)
    return admitted === true ? undefined : admitted
  }

  #onDatagram(datagram: Buffer, source: RemoteInfo): void {
    const { dropped } = this.stats
    if (datagram.length <= TAG_BYTES || datagram.length > DATAGRAM_BYTES) {
      dropped.malformed++
      return
    }
    const session = this.#sessions.get(tagKey(datagram))
    if (!session) {
      dropped['unknown-tag']++
      return
    }
    const nowMs = this.#options.clock.now()
    const verdict = session.police(datagram, source, nowMs)
    if (verdict === 'echo') {
      this.stats.echoes++
    } else if (verdict !== 'forward') {
      dropped[verdict]++
    } else if (!this.#forwarding.forward(datagram, nowMs)) {
      dropped['not-forwarded']++
    } else {
      this.#udp.send(datagram, session.nextHop.port, session.nextHop.host)
      this.stats.forwarded++
      this.stats.forwardedBytes += datagram.length
      session.forwarded(datagram, nowMs)
    }
  }
}
