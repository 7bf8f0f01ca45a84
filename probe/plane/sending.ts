/**
 * A sender's port in one session. It sends the sender's share through the provider, and control datagrams directly to
 * the receiver. If the receiver asks for a direct probe, that comes at the end.
 *
 * The receiver names its own address, and a provider may name another than that of its connection. So nothing but a few
 * challenges goes there before it has echoed: else either could aim all senders at a host that did not ask.
 */

import {
  CONTROL_CHUNK,
  DIRECT_CHUNK,
  DIRECT_SEQUENCE,
  ipDatagramBytes,
  MAX_SEQUENCE,
  TURN_CHUNK,
  TURN_SEQUENCE,
} from '../../proto/datagram.js'
import type { SendLog } from '../../proto/messages.js'
import { CATCH_UP_MS } from '../constants.js'
import { BATCH, type DatagramPort, type PortFacts, type ReceivedBatch } from '../io/datagram-port.js'
import { openPort } from '../io/open-port.js'
import { type Paced, startPaced, stopPaced } from '../io/ticker.js'
import { controlDueMs } from '../verdict/control.js'
import type { Phase } from '../verdict/turns.js'
import { PathValidation } from '../wire/path-validation.js'
import { SendLogWriter } from '../wire/send-log.js'
import { clockOf } from './clock.js'
import { Echoes } from './echoes.js'
import { Outgoing, type OutgoingSpec } from './outgoing.js'
import { Pacer } from './pacing.js'
import type { PortSpec } from './port-spec.js'
import { SizeProbes } from './size-probes.js'

/** A flow sends at most this often, because each turn costs as much as several datagrams. */
const EVERY_MS = 0.5

/** An address that datagrams go to, and their tag. */
export interface Destination {
  readonly tag: Uint8Array
  readonly host: string
  readonly port: number
}

export interface FlowSpec {
  readonly key: Uint8Array
  readonly headerKey: Uint8Array
  readonly slot: number
  /** ascending; between two phases only control datagrams go out. The rate of the first phase sets their pace */
  readonly phases: readonly Phase[]
  /** the flow ends by itself after this time */
  readonly durationMs: number
  readonly budgetBytes: number
  /** whether the receiver gets the data over IPv6; it sets the bytes of a datagram */
  readonly ipv6: boolean
  readonly provider: Destination
  /** for control datagrams and the direct probe */
  readonly receiver: Destination
}

/** How an address that somebody named is validated: see `PathValidation`. */
export interface UnprovenPath extends Destination {
  readonly nonce: Uint8Array
  /** length of the message that named it: the challenges may have no more bytes */
  readonly openBytes: number
}

export interface SendingOptions extends PortSpec {
  readonly offload: boolean
}

export class Sending {
  readonly facts: PortFacts
  readonly #port: DatagramPort
  #flow: Flow | undefined
  #spec: FlowSpec | undefined
  #sizes: SizeProbes | undefined
  #receiver: PathValidation | undefined
  readonly #echoes: Echoes

  private constructor(port: DatagramPort, echoes: Echoes) {
    this.facts = port.facts
    this.#port = port
    this.#echoes = echoes
  }

  static async open({ host, port, backend, clock, offload }: SendingOptions): Promise<Sending> {
    const echoes = new Echoes()
    const onBatch = (batch: ReceivedBatch) => echoes.onBatch(batch)
    const options = { host, port, headerBytes: 0, clock: clockOf(clock), offload, onBatch }
    return new Sending(await openPort(options, backend), echoes)
  }

  /** Begins to challenge the receiver. Without its echo, the flow sends it nothing. @throws UdpPortError */
  challenge(receiver: UnprovenPath): void {
    this.#receiver = this.#validate(receiver, () => {})
  }

  /** Resolves to whether the address has echoed in time. @throws UdpPortError */
  hasEcho(path: UnprovenPath): Promise<boolean> {
    return new Promise(resolve => this.#validate(path, resolve))
  }

  #validate({ tag, nonce, host, port, openBytes }: UnprovenPath, onSettled: (echoed: boolean) => void): PathValidation {
    const to = this.#port.endpoint(host, port)
    const send = (challenge: Uint8Array): boolean => {
      this.#port.send(challenge, to)
      return true
    }
    const path = new PathValidation({ tag, nonce, openBytes, nextHopHost: host, send, onSettled })
    this.#echoes.await(to, path)
    return path
  }

  get #hasEchoed(): boolean {
    return this.#receiver?.validated ?? false
  }

  start(spec: FlowSpec): void {
    this.#spec = spec
    this.#flow = new Flow(this.#port, spec, () => this.#hasEchoed)
    startPaced(this.#flow)
  }

  /** Ends the flow through the provider, and sends straight to the receiver instead if the receiver has echoed. */
  direct(rateKbps: number, durationMs: number): void {
    const flow = this.#flow
    if (!flow) return
    stopPaced(flow)
    if (!this.#hasEchoed) return
    flow.direct(rateKbps, durationMs)
    startPaced(flow)
  }

  /** Sends a few datagrams of less than full size through the provider, beside the flow. */
  sizes(): void {
    if (!this.#spec) return
    this.#sizes = new SizeProbes(this.#port, { ...this.#spec, ...this.#spec.provider })
    startPaced(this.#sizes)
  }

  /** Ends the flow. @returns the log of what was sent, without the direct probe */
  stop(): SendLog {
    for (const paced of [this.#flow, this.#sizes]) if (paced) stopPaced(paced)
    return this.#flow?.log ?? new SendLogWriter().log
  }

  async close(): Promise<void> {
    this.stop()
    this.#echoes.stop()
    await this.#port.close()
  }
}

/** The first sequence number and chunk of each run through the provider, and the count of its sequence numbers. */
const FIRST: Record<Phase['run'], Pick<OutgoingSpec, 'firstSequence' | 'firstChunk'> & { sequences: number }> = {
  main: { firstSequence: 0, firstChunk: 0, sequences: MAX_SEQUENCE + 1 },
  turn: { firstSequence: TURN_SEQUENCE, firstChunk: TURN_CHUNK, sequences: MAX_SEQUENCE + 1 - TURN_SEQUENCE },
}

class Flow implements Paced {
  readonly #port: DatagramPort
  readonly #spec: FlowSpec
  readonly #hasEchoed: () => boolean
  readonly #startMs = performance.now()
  readonly #log = new SendLogWriter()
  #control: Outgoing | undefined
  readonly #errorsBefore: number
  #outgoing!: Outgoing
  #pacer!: Pacer
  /** number of phases that have begun */
  #begun = 0
  readonly #datagramBytes: number
  #budgetDatagrams: number
  #isDirect = false
  #errors = 0
  #controls = 0
  #nextControlMs: number

  /** @param hasEchoed whether the receiver has echoed a challenge of this port */
  constructor(port: DatagramPort, spec: FlowSpec, hasEchoed: () => boolean) {
    this.#port = port
    this.#spec = spec
    this.#hasEchoed = hasEchoed
    this.#errorsBefore = port.errors
    this.#datagramBytes = ipDatagramBytes(spec.ipv6)
    this.#budgetDatagrams = Math.floor(spec.budgetBytes / this.#datagramBytes)
    this.#beginPhase()
    this.#nextControlMs = this.#controlMs()
  }

  /** Begins the next phase. Its pacer waits for its time. */
  #beginPhase(): void {
    const { key, headerKey, slot, provider, phases } = this.#spec
    const { run, fromMs, toMs, rateKbps } = phases[this.#begun++]!
    const { sequences, ...first } = FIRST[run]
    this.#outgoing = new Outgoing(this.#port, { ...provider, key, headerKey, slot, ...first })
    this.#pacer = new Pacer({
      ...{ datagramBytes: this.#datagramBytes, rateKbps },
      durationMs: toMs - fromMs,
      startMs: this.#startMs + fromMs,
      maxDatagrams: Math.min(this.#budgetDatagrams, sequences),
    })
  }

  get log(): SendLog {
    return this.#log.log
  }

  direct(rateKbps: number, durationMs: number): void {
    const { key, headerKey, slot, receiver } = this.#spec
    if (this.#isDirect) return
    this.#isDirect = true
    this.#begun = this.#spec.phases.length
    this.#nextControlMs = Number.POSITIVE_INFINITY
    this.#outgoing = new Outgoing(this.#port, {
      ...receiver,
      key,
      headerKey,
      slot,
      firstSequence: DIRECT_SEQUENCE,
      firstChunk: DIRECT_CHUNK,
    })
    const maxDatagrams = MAX_SEQUENCE + 1 - DIRECT_SEQUENCE
    this.#pacer = new Pacer({
      ...{ datagramBytes: this.#datagramBytes, rateKbps, durationMs, maxDatagrams },
      startMs: performance.now(),
    })
  }

  run(nowMs: number): number | undefined {
    const elapsedMs = nowMs - this.#startMs
    while (this.#pacer.isOver(nowMs)) {
      if (this.#begun === this.#spec.phases.length) return this.#afterPhases(nowMs)
      this.#beginPhase()
    }
    const blocked = this.#pacer.forgo(nowMs)
    const due = this.#pacer.due(nowMs)
    const sent = due > 0 ? this.#outgoing.send(due, Math.round(elapsedMs * 1000)) : 0
    this.#pacer.sent(sent, nowMs)
    this.#budgetDatagrams -= sent
    if (!this.#isDirect) {
      this.#log.add('sent', elapsedMs, sent)
      this.#log.add('blocked', elapsedMs, blocked)
      this.#sendControl(nowMs)
    }
    const failed = this.#port.errors - this.#errorsBefore - this.#errors
    this.#errors += failed
    if (failed > 0) this.#log.add('errors', elapsedMs, failed)
    // A flow that sent a whole batch and is still behind goes on at once. Else the socket is full, or more is not yet
    // due.
    const nextMs = sent >= BATCH ? this.#pacer.nextMs() : Math.max(this.#pacer.nextMs(), nowMs + EVERY_MS)
    return Math.min(nextMs, Math.max(this.#nextControlMs, nowMs + EVERY_MS))
  }

  /** Control datagrams go on until the flow ends. */
  #afterPhases(nowMs: number): number | undefined {
    if (this.#isDirect || nowMs - this.#startMs >= this.#spec.durationMs) return undefined
    this.#sendControl(nowMs)
    return Math.max(this.#nextControlMs, nowMs + EVERY_MS)
  }

  /** Sends one at a time, so that every moment is sampled alike. Control datagrams that a pause delayed are dropped. */
  #sendControl(nowMs: number): void {
    if (nowMs < this.#nextControlMs) return
    if (nowMs - this.#nextControlMs < CATCH_UP_MS) {
      const elapsedMs = nowMs - this.#startMs
      this.#log.add('control', elapsedMs, this.#controlFlow()?.send(1, Math.round(elapsedMs * 1000)) ?? 0)
    }
    this.#controls++
    this.#nextControlMs = this.#controlMs()
  }

  /** @returns undefined until the receiver has echoed */
  #controlFlow(): Outgoing | undefined {
    const { key, headerKey, slot, receiver } = this.#spec
    if (!this.#control && this.#hasEchoed()) {
      const first = { firstSequence: 0, firstChunk: CONTROL_CHUNK }
      this.#control = new Outgoing(this.#port, { ...receiver, ...first, key, headerKey, slot })
    }
    return this.#control
  }

  #controlMs(): number {
    return this.#startMs + controlDueMs(this.#controls, this.#spec.phases[0]!.rateKbps, Math.random())
  }
}
