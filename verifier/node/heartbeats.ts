/** One verifier's heartbeats through one provider in one epoch: one nonce for each tick, at a secret instant within the tick. */
import { HeartbeatSession } from '../../probe/index.js'
import { epochStartMs } from '../../proto/epoch.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { RelayFrame } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { tickOffsetMs, ticksOf } from '../core/assignment/schedule.js'
import type { ChainFacts } from '../core/facts.js'
import { peerVerifier } from '../net/peer-keys.js'
import { dialStream } from './dialling.js'
import type { MeasuringModules } from './measuring-modules.js'
import { isAbort, until } from './waiting.js'

/** How long a heartbeat waits for its answer, in ticks. */
const TIMEOUT_TICKS = 1.5

export class Heartbeats {
  /** Bitmaps over the epoch's ticks, bit i for tick i. */
  sent = 0n
  answered = 0n
  #session: Promise<HeartbeatSession> | undefined

  constructor(
    private readonly modules: MeasuringModules,
    private readonly facts: ChainFacts,
    private readonly provider: Hex,
    private readonly scheduleProof: Hex,
  ) {}

  /** Until `ended` aborts. Never throws for a provider that does not answer: such ticks count as down. */
  async run(ended: AbortSignal): Promise<void> {
    const { context } = this.modules
    const startMs = epochStartMs(context.epochs, this.facts.epoch)
    const beats: Promise<void>[] = []
    try {
      for (let tick = 0; tick < ticksOf(context.params); tick++) {
        const instantMs =
          startMs + tick * context.params.tickMs + tickOffsetMs(this.scheduleProof, tick, context.params)
        if (instantMs < context.wall.nowMs()) continue
        await until(instantMs, context.wall, ended)
        beats.push(this.#beat(tick, ended))
      }
    } catch (error) {
      if (!isAbort(error) && !ended.aborted) throw error
    }
    await Promise.all(beats)
    await this.#close()
  }

  async #beat(tick: number, ended: AbortSignal): Promise<void> {
    const bit = 1n << BigInt(tick)
    const timeoutMs = this.modules.context.params.tickMs * TIMEOUT_TICKS
    const session = this.#session ?? this.#open()
    this.#session = session
    const answered = await session.then(s => s.tick(timeoutMs)).catch(() => false)
    if (ended.aborted && !answered) return // the epoch ended too early to wait for the answer
    this.sent |= bit
    if (answered) this.answered |= bit
    else if (this.#session === session) {
      // A provider that restarted does not know the old session, so the next heartbeat opens another.
      this.#session = undefined
      await session.then(s => s.close()).catch(() => undefined)
    }
  }

  async #open(): Promise<HeartbeatSession> {
    const { context, directory, receiver, tokens, udpHost } = this.modules
    const provider = directory.provider(this.provider)
    if (provider === undefined) throw new Error('the provider has announced no address')
    const stream = await dialStream(context, provider, SESSION_PROTOCOL, RelayFrame.maxBytes)
    return HeartbeatSession.open(
      {
        sessionId: toHex(context.random.bytes(32)),
        stream,
        provider: peerVerifier(provider.peerId),
        advertisedHost: udpHost,
        durationMs: context.params.epochSeconds * 1000,
        token: tokens.take(this.provider),
      },
      { receiver, random: context.random },
    )
  }

  async #close(): Promise<void> {
    await this.#session?.then(session => session.close()).catch(() => undefined)
  }
}
