/** Sessions of all kinds with one provider, each up to its first datagram. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  connect,
  HeartbeatSession,
  measureSolo,
  Receiver,
  serveProbe,
  soloKeys,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from '../../../../probe/index.js'
import type { AnswerVerifier, ProviderStream, TokenSource } from '../../../../probe/ports.js'
import { relaySessionId } from '../../../../probe/wire/statements.js'
import { toHex } from '../../../../proto/hex.js'
import { encodeToken, TOKEN_INPUT_BYTES } from '../../../../proto/token.js'
import { openSession } from '../../../net/session-client.js'
import type { RecordingProvider } from './recording-provider.js'

export const KINDS = ['probe', 'soak', 'heartbeat', 'user'] as const
export type Kind = (typeof KINDS)[number]

const HOST = '127.0.0.1'
/** Whoever opens a session has tokens of its own for it. A token holds nothing but its era and randomness. */
const TOKENS: TokenSource = {
  take: () => encodeToken({ era: 1, input: systemRandom.bytes(TOKEN_INPUT_BYTES), output: systemRandom.bytes(64) }),
}
const NOBODY = `0x${'00'.repeat(20)}` as const
const CLAIM_KBPS = 10_000
/** Short, since nothing arrives: only the beginning of a session matters here. */
const SOAK_MS = 1500
const FIRST_DATA_MS = 10_000
const LOST_MS = 500
/** An opener's turn: until the echo, and then for the opener's own work on the answer. */
const ECHO_MS = 300
const AFTER_ECHO_MS = 8
/** Openings of one session. */
export const SENDERS: Readonly<Record<Kind, number>> = { probe: 3, soak: 3, heartbeat: 1, user: 1 }

export class Openers {
  readonly #stopping = new AbortController()
  /** sessions that have shown their first datagram, and end by themselves */
  readonly #ending: Promise<unknown>[] = []
  /** Openers of one process take turns until the echo, so that none shows how busy the others keep the process. */
  #dialling: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly provider: RecordingProvider,
    private readonly answers: AnswerVerifier,
    private readonly receiver: Receiver,
  ) {}

  static async open(provider: RecordingProvider, answers: AnswerVerifier): Promise<Openers> {
    return new Openers(provider, answers, await Receiver.open({ host: HOST, port: 0, clock: systemClock }))
  }

  /** @returns the ids of the sessions with the provider, once all have sent their first datagrams */
  open(kind: Kind): Promise<Uint8Array[]> {
    return kind === 'heartbeat' ? this.#beat() : this.#measure(kind)
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#ending)
    await this.receiver.close()
  }

  async #beat(): Promise<Uint8Array[]> {
    const sessionId = systemRandom.bytes(32)
    const request = {
      ...{ sessionId: toHex(sessionId), provider: this.answers, claimKbps: CLAIM_KBPS },
      ...{ stream: await this.#dial(sessionId), advertisedHost: HOST, udpHost: HOST, token: TOKENS.take(NOBODY) },
    }
    const session = await HeartbeatSession.open(request, { receiver: this.receiver, random: systemRandom })
    let isShown = false
    const shown = this.provider.firstDatagramOf(sessionId, FIRST_DATA_MS).finally(() => {
      isShown = true
    })
    // A busy machine may lose the one datagram. It may also lose the session, whose heartbeats then fail at once.
    while (!isShown) await Promise.race([shown, Promise.all([session.tick(LOST_MS), pause(LOST_MS)])])
    await shown
    this.#ending.push(session.close())
    return [sessionId]
  }

  /** A probe or a soak by three senders, or a user, who measures alone. */
  async #measure(kind: Exclude<Kind, 'heartbeat'>): Promise<Uint8Array[]> {
    const self = soloKeys()
    const senders = Array.from({ length: SENDERS[kind] }, soloKeys)
    const sessionId = systemRandom.bytes(32)
    const ids = senders.map((_, slot) => relaySessionId(sessionId, slot))
    const streams: ProviderStream[] = []
    const terms = { claimKbps: CLAIM_KBPS, senders: senders.length, soakMs: kind === 'user' ? undefined : SOAK_MS }
    const measured = measureSolo(
      {
        ...{ sessionId: toHex(sessionId), claimKbps: CLAIM_KBPS, soakMs: kind === 'soak' ? SOAK_MS : undefined },
        trusted: senders.length === 1,
        senders: senders.map(({ verifier, signer }, slot) => ({
          verifier,
          open: async () => {
            const deps = soloSender(
              { ...terms, receiver: self.verifier, provider: this.answers },
              { signer, udpHost: HOST, tokens: TOKENS, openProvider: () => this.#dial(ids[slot]!) },
            )
            const stream = connect(streamPair(HOST), theirs => serveProbe(theirs, deps))
            streams.push(stream)
            return stream
          },
        })),
        ...{ providerAnswers: this.answers, providerVouchers: async () => false, advertisedHost: HOST },
      },
      { receiver: this.receiver, signer: self.signer, voucherSigner: self.voucherSigner },
    )
    this.#ending.push(measured)
    await Promise.all(ids.map(id => this.provider.firstDatagramOf(id, FIRST_DATA_MS)))
    for (const stream of streams) await stream.close() // ends the senders
    return ids
  }

  #dial(id: Uint8Array): Promise<ProviderStream> {
    const dialled = this.#dialling.then(() =>
      openSession(this.provider.address, AbortSignal.any([this.#stopping.signal])),
    )
    const over = dialled.then(() => this.provider.echoOf(id, ECHO_MS)).then(() => pause(AFTER_ECHO_MS))
    this.#dialling = over.catch(() => undefined)
    return dialled
  }
}
