/**
 * One session, as its receiver runs it:
 *
 *   invite ─▶ accept(H(K)) ─▶ relay(grant | refuse | unreachable) ─▶ ready      each sender, side by side
 *   start ─▶ data through the provider, and control datagrams beside it ─▶ the estimator (in a soak, each turn's) has enough
 *   direct ─▶ data without the provider, if the reading is low
 *   sizes ─▶ a few datagrams of less than full size through the provider, if nothing has arrived
 *   stop(chunk root, signed) ─▶ reveal(K, log, receipts) ─▶ every byte checked ─▶ openings ─▶ record ─▶ outcome
 *
 * Every step has a deadline, so a session ends with an outcome whatever the peers do. The session first writes its
 * record, and then judges that record, as everybody does who verifies its transcript later.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { ipDatagramBytes, TAG_BYTES } from '../../proto/datagram.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { ProbeInvite } from '../../proto/messages.js'
import type { Publication } from '../chunks/openings.js'
import { publish } from '../chunks/publish.js'
import {
  DIRECT_MS,
  OPEN_BYTES,
  READY_MS,
  REVEAL_MS,
  SHARE_SLACK,
  START_TOLERANCE_MS,
  STRAGGLER_MS,
} from '../constants.js'
import { Condition } from '../deadline.js'
import type { Progress, RunLimits } from '../plane/collection.js'
import type {
  AnswerVerifier,
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  RandomSource,
  SessionParties,
  VoucherSigner,
  VoucherVerifier,
} from '../ports.js'
import { conclude } from '../transcript/conclude.js'
import { type ClockReading, judgedRecord, recordSession } from '../transcript/record.js'
import type { SessionResult } from '../verdict/outcome.js'
import { type SessionBudget, sessionBudget } from '../verdict/session-budget.js'
import { shapeOf } from '../verdict/session-shape.js'
import { bytesIn, controlKbps, MIN_SENDERS, mostDirectKbps, shareKbps } from '../verdict/share.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { HEADER_KEY_BYTES } from '../wire/header-seal.js'
import { stopDigest } from '../wire/statements.js'
import { measure, neededLinks } from './measurement.js'
import type { Collecting, Receiver } from './receiver.js'
import { type CheckedSender, SenderLink } from './sender-link.js'

export interface SessionRequest {
  readonly parties: SessionParties
  readonly sessionId: Hex
  /** 32 bytes, bound in the session id */
  readonly nonce: Hex
  readonly claimKbps: number
  /** of the provider, as the chain holds it; more than `claimKbps` in a group (default: `claimKbps`) */
  readonly providerClaimKbps?: number | undefined
  /** length of a soak; undefined for an ordinary session */
  readonly soakMs?: number | undefined
  /**
   * In an ordinary session on a network with soaks: senders that do not know whether it is one send together for so long,
   * and then take turns. The reading ends before (default: they send until they are told to stop).
   */
  readonly flowMs?: number | undefined
  /**
   * When data starts, on the receiver's clock, at least START_LEAD_MS ahead (default: as soon as the senders are
   * ready). Other receivers start at the same instant, each for its share of a claim, and all measure over one span.
   */
  readonly startMs?: number | undefined
  /** the slashing threshold, in basis points of the claim */
  readonly breachBps: number
  /** a low reading is measured for at least so long after its discard */
  readonly yieldMs: number
  /** the senders are the receiver's own: one is enough */
  readonly trusted?: boolean
  /** in slot order */
  readonly senders: readonly { open(): Promise<MessageStream>; readonly verifier: PeerVerifier }[]
  /** checks the provider's answers to the senders */
  readonly providerAnswers: AnswerVerifier
  /** checks the provider's receipts */
  readonly providerVouchers: VoucherVerifier
  /** where the provider reaches the receiver's UDP port: an address literal */
  readonly advertisedHost: string
  /** of that port, as others reach it (default: its own number) */
  readonly advertisedPort?: number | undefined
  /** address literals that the provider's announcement stands for (default: none is known) */
  readonly providerHosts?: readonly string[] | undefined
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

/** The receiver accepts up to this multiple of the requested datagrams. */
const SLACK = 1.5

/**
 * Never throws for a peer's fault, and ends within the sum of its deadlines.
 * @throws Error if the receiver is closed meanwhile
 */
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
  readonly #budget: SessionBudget
  readonly #collecting: Collecting
  readonly #ipv6: boolean
  /** by slot */
  readonly #links: readonly SenderLink[]

  constructor(request: SessionRequest, deps: SessionDeps) {
    this.#request = request
    this.#deps = deps
    const { claimKbps, soakMs, senders } = request
    this.#budget = sessionBudget(claimKbps, senders.length, soakMs)
    this.#ipv6 = isOverIpv6(request.advertisedHost)
    this.#collecting = deps.receiver.collect(senders.length, this.#limits(), this.#ipv6)
    this.#links = senders.map((_, slot) => this.#link(slot))
  }

  async run(): Promise<SessionResult> {
    const reading = (await this.#isReady()) ? await this.#measure() : undefined
    const arrivals = await this.#collecting.finish()
    for (const link of this.#links) link.halt()
    const published = publish(
      arrivals.map(({ main, control, direct, turn }) => ({
        main: main.chunks,
        control: control.chunks,
        direct: direct.chunks,
        turn: turn.chunks,
      })),
    )
    const rootSignature = reading && (await this.#askForKeys(published))
    const senders: CheckedSender[] = []
    for (const [slot, link] of this.#links.entries()) senders.push(await link.check(arrivals[slot]!))
    for (const link of this.#links) await link.open(published, this.#deps.signer)
    return this.#result(reading, published, rootSignature, senders)
  }

  close(): void {
    for (const [slot, link] of this.#links.entries()) {
      if (link.note) this.#deps.log?.(`sender ${slot}: ${link.note}`)
      void link.close()
    }
    this.#collecting.close()
  }

  /** Most bytes of a sender through the provider, at the IP layer. */
  get #budgetBytes(): number {
    const { bytes } = this.#budget
    return Math.floor(this.#request.soakMs === undefined ? bytes : SHARE_SLACK * bytes)
  }

  #limits(): RunLimits {
    const { claimKbps, soakMs, senders } = this.#request
    const shareOf = shareKbps(claimKbps, senders.length)
    const datagrams = (bytes: number): number => Math.floor(bytes / ipDatagramBytes(this.#ipv6))
    return {
      main: datagrams(this.#budgetBytes),
      control: datagrams(SLACK * bytesIn(controlKbps(shareOf), this.#budget.dataMs)),
      direct: datagrams(bytesIn(mostDirectKbps(claimKbps, senders.length), DIRECT_MS)),
      turn: soakMs === undefined ? 0 : datagrams(this.#budgetBytes),
    }
  }

  #link(slot: number): SenderLink {
    const { senders, providerAnswers, providerVouchers } = this.#request
    const { open, verifier } = senders[slot]!
    const peers = { open, sender: verifier, provider: providerAnswers, providerVouchers }
    const { claimKbps, providerClaimKbps = claimKbps } = this.#request
    const { rateKbps, dataMs } = this.#budget
    const terms = { shape: shapeOf(providerClaimKbps), rateKbps, dataMs }
    return new SenderLink(this.#invite(slot), terms, peers, {
      collecting: this.#collecting,
      clock: this.#deps.clock,
      voucherSigner: this.#deps.voucherSigner,
      changed: () => this.#condition.changed(),
    })
  }

  #invite(slot: number): ProbeInvite {
    const { parties, sessionId, nonce, advertisedHost, advertisedPort } = this.#request
    return {
      sessionId: fromHex(sessionId),
      epoch: parties.epoch,
      provider: fromHex(parties.provider),
      receiver: parties.receiver,
      slot,
      host: advertisedHost,
      port: advertisedPort ?? this.#deps.receiver.port,
      nonce: fromHex(nonce),
      controlTag: this.#deps.random.bytes(TAG_BYTES),
      headerKey: this.#deps.random.bytes(HEADER_KEY_BYTES),
      padding: new Uint8Array(OPEN_BYTES),
    }
  }

  /** @returns whether data may flow */
  async #isReady(): Promise<boolean> {
    if (this.#links.length < (this.#request.trusted ? 1 : MIN_SENDERS)) return false
    for (const link of this.#links) void link.run()
    return (await this.#handshake()) && (await this.#awaitStart())
  }

  /** @returns whether enough senders are ready */
  async #handshake(): Promise<boolean> {
    const links = this.#links
    const isEnough = () => links.filter(link => link.isReady).length >= neededLinks(links)
    const decided = () => links.every(link => link.isDecided)
    await this.#condition.until(() => decided() || isEnough(), READY_MS)
    if (!isEnough()) return false
    await this.#condition.until(decided, STRAGGLER_MS)
    return true
  }

  /** @returns whether there is still time to start: a session that starts too late is measured beside no other */
  async #awaitStart(): Promise<boolean> {
    const { startMs } = this.#request
    if (startMs === undefined) return true
    const { clock } = this.#deps
    // A timer drops fractions of its milliseconds, so it may wake a moment early.
    while (clock.now() < startMs) await pause(Math.ceil(startMs - clock.now()))
    const isInTime = clock.now() <= startMs + START_TOLERANCE_MS
    if (!isInTime) this.#deps.log?.('its senders were ready too late to start with the other receivers')
    return isInTime
  }

  #measure(): Promise<ClockReading> {
    const { claimKbps, breachBps, yieldMs, soakMs, flowMs } = this.#request
    const { clock, progress } = this.#deps
    return measure(this.#collecting, this.#links, {
      ...{ claimKbps, breachBps, yieldMs, soakMs, flowMs, clock, progress },
      atOnce: this.#request.startMs !== undefined,
    })
  }

  /** Publishes the root, and waits until the senders have revealed their keys. @returns the root's signature */
  async #askForKeys({ root }: Publication): Promise<Uint8Array> {
    const signature = await this.#deps.signer.sign(stopDigest(fromHex(this.#request.sessionId), fromHex(root)))
    for (const link of this.#links) link.stop(fromHex(root), signature)
    await this.#condition.until(() => this.#links.every(link => link.isRevealed), REVEAL_MS)
    return signature
  }

  #result(
    reading: ClockReading | undefined,
    { root }: Publication,
    rootSignature: Uint8Array | undefined,
    senders: readonly CheckedSender[],
  ): SessionResult {
    const { parties, sessionId, nonce, claimKbps, breachBps, yieldMs, soakMs, startMs, trusted } = this.#request
    const { advertisedHost, providerHosts = [] } = this.#request
    const { facts, heard } = this.#deps.receiver
    const record = recordSession({
      ...{ parties, sessionId, nonce, claimKbps, breachBps, yieldMs, soakMs, reading, senders },
      durationMs: this.#budget.dataMs,
      atOnce: startMs !== undefined,
      ipv6: this.#ipv6,
      kernelTimestamps: facts.kernelTimestamps,
      heard,
      ...{ receiverHost: advertisedHost, providerHosts },
      chunkRoot: root,
      rootSignature,
    })
    const { outcome, evidence } = conclude(record, senders, { trusted })
    return { outcome, evidence, record: judgedRecord(record, outcome) }
  }
}
