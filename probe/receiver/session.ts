/**
 * One session, as its receiver runs it:
 *
 *   invite ─▶ accept(H(K)) ─▶ relay(grant | refuse | unreachable) ─▶ ready      each sender, side by side
 *   start ─▶ data through the provider, and control datagrams beside it ─▶ estimator says enough, in a soak of each turn
 *   direct ─▶ data without the provider, where the reading is low
 *   stop(chunk root, signed) ─▶ reveal(K, log, receipts) ─▶ every byte checked ─▶ openings ─▶ outcome
 *
 * Every step has a deadline, so a session ends with an outcome whatever the peers do.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { IP_DATAGRAM_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import { fromHex, type Hex, ZERO_HASH } from '../../proto/hex.js'
import { publish } from '../chunks/publish.js'
import {
  DIRECT_MS,
  DIRECT_SPAN,
  HANDSHAKE_MS,
  REVEAL_MS,
  SHARE_SLACK,
  START_TOLERANCE_MS,
  STRAGGLER_MS,
} from '../constants.js'
import { Condition } from '../deadline.js'
import type { Progress } from '../plane/collection.js'
import type {
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  RandomSource,
  SessionParties,
  VoucherSigner,
  VoucherVerifier,
} from '../ports.js'
import { recordSession } from '../transcript/record.js'
import { type Estimate, type EstimatorOptions, type FixedSpan, groupSpan } from '../verdict/estimator.js'
import { evidenceOf } from '../verdict/evidence.js'
import { isDirectProbeDue, judge, type SessionFacts, thresholdKbps } from '../verdict/judge.js'
import type { SessionResult } from '../verdict/outcome.js'
import { sessionBudget } from '../verdict/session-budget.js'
import { bytesIn, controlKbps, directShareKbps, MIN_SENDERS, neededSenders, shareKbps } from '../verdict/share.js'
import { togetherSpan, turnSpans } from '../verdict/turns.js'
import { stopDigest } from '../wire/statements.js'
import type { Collecting, Receiver } from './receiver.js'
import { SenderLink } from './sender-link.js'

export interface SessionRequest {
  readonly parties: SessionParties
  readonly sessionId: Hex
  /** 32 bytes, bound in the session id */
  readonly nonce: Hex
  readonly claimKbps: number
  /** how long it takes as a soak; undefined for an ordinary session */
  readonly soakMs?: number | undefined
  /**
   * When data starts, on the receiver's clock: other receivers start then too, each for its share of a claim, and all measure
   * over one span. It should be START_LEAD_MS ahead. Undefined for data as soon as the senders are ready.
   */
  readonly startMs?: number | undefined
  /** the slashing threshold, in basis points of the claim */
  readonly breachBps: number
  /** the senders are the receiver's own: one is enough */
  readonly trusted?: boolean
  /** in slot order */
  readonly senders: readonly { open(): Promise<MessageStream>; readonly verifier: PeerVerifier }[]
  readonly providerVerifier: PeerVerifier
  /** checks the provider's receipts */
  readonly providerVouchers: VoucherVerifier
  /** where the provider reaches the receiver's UDP port: an address literal */
  readonly advertisedHost: string
}

export interface SessionDeps {
  readonly receiver: Receiver
  readonly clock: MonotonicClock
  readonly signer: PeerSigner
  readonly random: RandomSource
  /** counter-signs receipts */
  readonly voucherSigner: VoucherSigner
  /** Hears how the measurement goes on, some twenty times a second. */
  readonly progress?: ((progress: Progress) => void) | undefined
  /** One line for each sender that did not do its part. */
  readonly log?: ((note: string) => void) | undefined
}

/** How often the measurement is looked at. */
const LOOK_MS = 10
/** Datagrams that may come beyond what was asked for. */
const SLACK = 1.5

/** Never throws for a peer's fault, and ends within the sum of its deadlines. */
export async function measureSession(request: SessionRequest, deps: SessionDeps): Promise<SessionResult> {
  const session = new Session(request, deps)
  try {
    return await session.run()
  } finally {
    session.close()
  }
}

class Session {
  readonly #request: SessionRequest
  readonly #deps: SessionDeps
  readonly #condition = new Condition()
  readonly #links: readonly SenderLink[]
  readonly #collecting: Collecting
  readonly #needed: number
  readonly #dataMs: number
  #estimate: Estimate | undefined
  #direct: Estimate | undefined
  #startMs = 0
  #starvedMs = 0

  constructor(request: SessionRequest, deps: SessionDeps) {
    this.#request = request
    this.#deps = deps
    this.#needed = neededSenders(request.senders.length)
    const { claimKbps, soakMs } = request
    const k = request.senders.length
    const shareOf = shareKbps(claimKbps, k)
    const { rateKbps, dataMs, bytes } = sessionBudget(claimKbps, k, soakMs)
    this.#dataMs = dataMs
    const budgetBytes = Math.floor(soakMs === undefined ? bytes : SHARE_SLACK * bytes)
    const datagrams = (bytes: number): number => Math.floor(bytes / IP_DATAGRAM_BYTES)
    this.#collecting = deps.receiver.collect(k, {
      main: datagrams(budgetBytes),
      control: datagrams(SLACK * bytesIn(controlKbps(shareOf), dataMs)),
      direct: datagrams(bytesIn(shareOf, DIRECT_MS)),
      turn: soakMs === undefined ? 0 : datagrams(budgetBytes),
    })
    this.#links = request.senders.map(({ open, verifier }, slot) => {
      const invite = {
        sessionId: fromHex(request.sessionId),
        epoch: request.parties.epoch,
        provider: fromHex(request.parties.provider),
        receiver: request.parties.receiver,
        slot,
        host: request.advertisedHost,
        port: deps.receiver.port,
        rateKbps,
        budgetBytes,
        durationMs: dataMs,
        nonce: fromHex(request.nonce),
        controlTag: deps.random.bytes(TAG_BYTES),
      }
      const { providerVerifier: provider, providerVouchers } = request
      const peers = { open, sender: verifier, provider, providerVouchers }
      return new SenderLink(invite, peers, {
        collecting: this.#collecting,
        clock: deps.clock,
        voucherSigner: deps.voucherSigner,
        changed: () => this.#condition.changed(),
      })
    })
  }

  async run(): Promise<SessionResult> {
    if (this.#links.length < (this.#request.trusted ? 1 : MIN_SENDERS)) return this.#result(ZERO_HASH)
    for (const link of this.#links) void link.run()
    if ((await this.#handshake()) && (await this.#held())) await this.#measure()
    const arrivals = await this.#collecting.finish()
    for (const [slot, link] of this.#links.entries()) link.finish(arrivals[slot]!)
    const published = publish(
      arrivals.map(({ main, control, direct, turn }) => ({
        main: main.chunks,
        control: control.chunks,
        direct: direct.chunks,
        turn: turn.chunks,
      })),
    )
    const { root } = published
    let signature: Uint8Array | undefined
    if (this.#estimate) {
      signature = await this.#deps.signer.sign(stopDigest(fromHex(this.#request.sessionId), fromHex(root)))
      for (const link of this.#links) link.stop(fromHex(root), signature)
      await this.#condition.until(() => this.#links.every(link => link.isRevealed), REVEAL_MS)
      for (const link of this.#links) await link.check()
      for (const link of this.#links) await link.open(published, this.#deps.signer)
    }
    return this.#result(root, signature)
  }

  close(): void {
    for (const [slot, link] of this.#links.entries()) {
      if (link.note) this.#deps.log?.(`sender ${slot}: ${link.note}`)
      void link.close()
    }
    this.#collecting.close()
  }

  /** @returns whether enough senders are ready for data to flow */
  async #handshake(): Promise<boolean> {
    const links = this.#links
    const ready = () => links.filter(link => link.isReady).length
    const decided = () => links.every(link => link.isDecided)
    await this.#condition.until(() => decided() || ready() >= this.#needed, HANDSHAKE_MS)
    if (ready() < this.#needed) return false
    await this.#condition.until(decided, STRAGGLER_MS)
    return true
  }

  /** Until data is to start. @returns whether it is still time for it: too late it would be measured beside nobody */
  async #held(): Promise<boolean> {
    const { startMs } = this.#request
    if (startMs === undefined) return true
    await pause(Math.max(0, startMs - this.#deps.clock.now()))
    const isInTime = this.#deps.clock.now() <= startMs + START_TOLERANCE_MS
    if (!isInTime) this.#deps.log?.('its senders were ready too late to start with the other receivers')
    return isInTime
  }

  async #measure(): Promise<void> {
    this.#startMs = this.#deps.clock.now()
    const { soakMs } = this.#request
    // The longest way counts: behind it the turn before it ends last.
    const rttMs = Math.max(...this.#links.map(link => link.rttMs ?? 0))
    const plans = soakMs === undefined ? [] : turnSpans(soakMs, this.#links.length, rttMs)
    await this.#collecting.begin(this.#startMs, this.#estimatorOptions({ fixed: this.#span() }), plans)
    const progress = await this.#watch(() => {
      for (const link of this.#links) link.start()
    })
    this.#estimate = progress.estimate
    this.#starvedMs = progress.starvedMs
    const { estimate, arrived, control, turns } = progress
    if (isDirectProbeDue(this.#request, estimate.rateKbps, arrived, control, turns)) await this.#probeDirectly()
  }

  /** Lets the senders show what the path carries without the provider: a low vote hangs on it. */
  async #probeDirectly(): Promise<void> {
    const rateKbps = directShareKbps(this.#estimate!.rateKbps, this.#request.claimKbps, this.#links.length)
    await this.#collecting.beginDirect(this.#deps.clock.now(), this.#estimatorOptions({ fixed: DIRECT_SPAN }))
    for (const link of this.#links) link.probeDirectly({ rateKbps, durationMs: DIRECT_MS })
    this.#direct = (await this.#watch(() => {})).direct
  }

  #estimatorOptions(options: Pick<EstimatorOptions, 'fixed'>): EstimatorOptions {
    const { claimKbps } = this.#request
    return { claimKbps, thresholdKbps: thresholdKbps(this.#request), rttMs: this.#rttMs, ...options }
  }

  #span(): FixedSpan | undefined {
    const { soakMs, startMs } = this.#request
    if (soakMs !== undefined) return togetherSpan(soakMs)
    return startMs === undefined ? undefined : groupSpan(this.#rttMs)
  }

  get #rttMs(): number {
    return Math.min(...this.#links.map(link => link.rttMs ?? Number.POSITIVE_INFINITY))
  }

  /** Until enough was seen. @param look at every look */
  async #watch(look: () => void): Promise<Progress> {
    let told: Progress | undefined
    for (;;) {
      look()
      await pause(LOOK_MS)
      const { progress } = this.#collecting
      if (progress && progress !== told) this.#deps.progress?.(progress)
      told = progress
      if (progress?.isDone) return progress
    }
  }

  #result(root: Hex, rootSignature?: Uint8Array): SessionResult {
    const { claimKbps, breachBps, parties, sessionId, nonce, soakMs } = this.#request
    const soak = soakMs === undefined ? undefined : { soakMs, k: this.#links.length }
    const evidence = this.#links.map(link => link.evidence(this.#estimate, soak))
    const facts: SessionFacts = {
      trusted: this.#request.trusted,
      soakMs,
      claimKbps,
      breachBps,
      senders: evidence,
      estimate: this.#estimate,
      direct: this.#direct,
      kernelTimestamps: this.#deps.receiver.facts.kernelTimestamps,
      atOnce: this.#request.startMs !== undefined,
      startMs: this.#startMs,
      heard: this.#deps.receiver.heard,
      starvedMs: this.#starvedMs,
    }
    const outcome = judge(facts)
    const senderRecords = this.#links.map((link, slot) => link.record(evidence[slot]!, this.#startMs))
    return {
      outcome,
      evidence: evidenceOf(sessionId, root, this.#links, evidence),
      record: recordSession({
        ...{ parties, sessionId, nonce, durationMs: this.#dataMs, senderRecords },
        ...{ chunkRoot: root, rootSignature, facts, outcome },
      }),
    }
  }
}
