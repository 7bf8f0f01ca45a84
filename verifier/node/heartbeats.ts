/**
 * One verifier's heartbeats through one provider in one epoch: one nonce for each tick, at a secret instant within the
 * tick. Ticks that follow each other within the life of a session share it. The next session has another peer key.
 */

import { SESSION_MS } from '../../probe/constants.js'
import { HeartbeatSession } from '../../probe/index.js'
import { epochStartMs } from '../../proto/epoch.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { tickOffsetMs, ticksOf } from '../core/assignment/schedule.js'
import { heartbeatTokens } from '../core/assignment/token-need.js'
import { type ChainFacts, claimOf } from '../core/facts.js'
import { literalHosts } from '../net/literal-addresses.js'
import { dialSession } from './dialling.js'
import type { MeasuringModules } from './measuring-modules.js'
import { aborted, isAbort, until } from './waiting.js'

/** How long a heartbeat waits for its answer, in ticks, and at most. */
const TIMEOUT_TICKS = 1.5
const TIMEOUT_MS = 5000
/** From the opening of a session to its first heartbeat: time for the handshake over a long path. */
const AHEAD_MS = 1500

interface Tick {
  readonly tick: number
  readonly instantMs: number
}

/** Ticks by session: each session lasts for its ticks. @param ticks ascending */
export function bySession(ticks: readonly Tick[], lastsMs: number): Tick[][] {
  const sessions: Tick[][] = []
  for (const tick of ticks) {
    const session = sessions.at(-1)
    if (session && tick.instantMs - session[0]!.instantMs <= lastsMs) session.push(tick)
    else sessions.push([tick])
  }
  return sessions
}

export class Heartbeats {
  /** Bitmaps over the epoch's ticks, bit i for tick i. */
  sent = 0n
  answered = 0n
  readonly #timeoutMs: number
  /** Then sessions are opened as a stranger's: else a provider that breaks all of them would use up the senders' tokens. */
  #tokensLeft: number

  constructor(
    private readonly modules: MeasuringModules,
    private readonly facts: ChainFacts,
    private readonly provider: Hex,
    private readonly scheduleProof: Hex,
  ) {
    this.#tokensLeft = heartbeatTokens(modules.context.params)
    this.#timeoutMs = Math.min(TIMEOUT_MS, modules.context.params.tickMs * TIMEOUT_TICKS)
  }

  /** Until `ended` aborts. Never throws for a provider that does not answer: such ticks count as down. */
  async run(ended: AbortSignal): Promise<void> {
    const { params, epochs, wall } = this.modules.context
    const startMs = epochStartMs(epochs, this.facts.epoch)
    const ticks = Array.from({ length: ticksOf(params) }, (_, tick) => ({
      tick,
      instantMs: startMs + tick * params.tickMs + tickOffsetMs(this.scheduleProof, tick, params),
    })).filter(({ instantMs }) => instantMs >= wall.nowMs())
    const sessions = bySession(ticks, SESSION_MS - AHEAD_MS - this.#timeoutMs)
    await Promise.all(sessions.map(session => this.#run(session, ended)))
  }

  async #run(ticks: readonly Tick[], ended: AbortSignal): Promise<void> {
    const { wall } = this.modules.context
    const line = new Line(() => this.#open())
    const beats: Promise<void>[] = []
    try {
      await until(ticks[0]!.instantMs - AHEAD_MS, wall, ended)
      line.open()
      for (const { tick, instantMs } of ticks) {
        await until(instantMs, wall, ended)
        beats.push(this.#beat(line, tick, ended))
      }
    } catch (error) {
      if (!isAbort(error) && !ended.aborted) throw error
    }
    // Votes are due when the epoch ends: no provider may hold them up by answering late, or not at all.
    await Promise.race([Promise.all(beats), aborted(ended)])
    const closed = line.close()
    if (!ended.aborted) await closed
  }

  async #beat(line: Line, tick: number, ended: AbortSignal): Promise<void> {
    const bit = 1n << BigInt(tick)
    const answered = await line.tick(this.#timeoutMs)
    if (ended.aborted && !answered) return // the epoch ended too early to wait for the answer
    this.sent |= bit
    if (answered) this.answered |= bit
  }

  async #open(): Promise<HeartbeatSession> {
    const { context, directory, receiver, tokens, udp } = this.modules
    const provider = directory.provider(this.provider)
    if (provider === undefined) throw new Error('the provider has announced no address')
    const advertisedHost = await udp.hostFor(await literalHosts(provider.multiaddrs))
    return HeartbeatSession.open(
      {
        sessionId: toHex(context.random.bytes(32)),
        stream: await dialSession(context.stopping, { ...provider, like: advertisedHost }),
        provider: context.answers.of(this.provider),
        claimKbps: claimOf(this.facts, this.provider),
        ...{ advertisedHost, advertisedPort: udp.port, udpHost: udp.bindHost },
        token: this.#tokensLeft-- > 0 ? tokens.take(this.provider) : undefined,
      },
      { receiver, random: context.random },
    )
  }
}

/** One session, and another one after a failure: a provider that restarted does not know the old one. */
class Line {
  #session: Promise<HeartbeatSession> | undefined

  constructor(private readonly dial: () => Promise<HeartbeatSession>) {}

  open(): Promise<HeartbeatSession> {
    this.#session ??= this.dial()
    this.#session.catch(() => undefined) // the next tick notices
    return this.#session
  }

  /** @returns whether the heartbeat was answered in time */
  async tick(timeoutMs: number): Promise<boolean> {
    const session = this.open()
    const answered = await session.then(one => one.tick(timeoutMs)).catch(() => false)
    if (!answered && this.#session === session) await this.close()
    return answered
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.then(one => one.close()).catch(() => undefined)
  }
}
