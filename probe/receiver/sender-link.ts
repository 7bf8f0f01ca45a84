/** The receiver's side of its talk with one sender, from the invitation to the reveal. */

import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import {
  type CounterReceipt,
  type ProbeDirect,
  ProbeFrame,
  type ProbeInvite,
  type ProbeRelay,
  type ProbeReveal,
  type RelayGrant,
  type SenderRecord,
} from '../../proto/messages.js'
import type { Publication } from '../chunks/openings.js'
import { recordOf } from '../chunks/records.js'
import { RUNS, type Run } from '../chunks/runs.js'
import { HANDSHAKE_MS, OVERHEAD_MS } from '../constants.js'
import { within } from '../deadline.js'
import type {
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  VoucherSigner,
  VoucherVerifier,
} from '../ports.js'
import { estimateRecord } from '../transcript/record.js'
import { controlFlow, delayRiseMs, turnControl } from '../verdict/control.js'
import { hoardingFactor, sentRateKbps } from '../verdict/hoarding.js'
import type { SenderEvidence } from '../verdict/judge.js'
import type { TurnEvidence } from '../verdict/judge-turns.js'
import { type Span, turnOf } from '../verdict/turns.js'
import { checkReceipts, counterSign } from '../wire/receipts.js'
import { isGrantOf, isRefusalOf } from '../wire/relay-client.js'
import { isWellFormed } from '../wire/send-log.js'
import { keyCommitment, revealDigest } from '../wire/statements.js'
import type { Verified } from '../wire/verified.js'
import type { Collecting, Expected, SenderArrivals } from './receiver.js'

export interface LinkPeers {
  /** opens a stream to the sender */
  open(): Promise<MessageStream>
  readonly sender: PeerVerifier
  readonly provider: PeerVerifier
  readonly providerVouchers: VoucherVerifier
}

export interface LinkPorts {
  /** the session's, for all its senders */
  readonly collecting: Collecting
  readonly clock: MonotonicClock
  readonly voucherSigner: VoucherSigner
  /** Called at every step; whoever waits for one looks again. */
  changed(): void
}

const NOTHING: Verified = { datagrams: 0, jitterUs: 0, transits: { sentMs: [], arrivedMs: [] } }

export class SenderLink {
  readonly #invite: ProbeInvite
  readonly #peers: LinkPeers
  readonly #ports: LinkPorts
  #stream: MessageStream | undefined
  readonly #expected: (Expected | undefined)[] = []
  #answer: SenderEvidence['answer'] = 'missing'
  #relay: ProbeRelay | undefined
  #grant: RelayGrant | undefined
  #counter: CounterReceipt | undefined
  #ready = false
  #started = false
  #stopped = false
  #ended = false
  #reveal: ProbeReveal | undefined
  #arrived: SenderArrivals | undefined
  readonly #verified: Record<Run, Verified> = { main: NOTHING, control: NOTHING, direct: NOTHING, turn: NOTHING }
  /** H(K), once the sender has committed to it */
  commitment: Uint8Array | undefined
  /** from the invitation to its acceptance */
  rttMs: number | undefined
  /** h_j of the provider's last receipt, if the chain holds */
  receiptHead: Uint8Array | undefined
  /** why it came to nothing, for a log */
  note: string | undefined

  constructor(invite: ProbeInvite, peers: LinkPeers, ports: LinkPorts) {
    this.#invite = invite
    this.#peers = peers
    this.#ports = ports
  }

  get isReady(): boolean {
    return this.#ready
  }

  /** Nothing that could still make it ready is under way. */
  get isDecided(): boolean {
    return this.#ready || this.#ended || this.#answer === 'refused' || this.#answer === 'unreachable'
  }

  /** The reveal is there, or will not come. */
  get isRevealed(): boolean {
    return !this.#started || this.#reveal !== undefined || this.#ended
  }

  /** Talks to the sender until the stream ends. Never throws: what went wrong is in `note`. */
  async run(): Promise<void> {
    try {
      const stream = await within(HANDSHAKE_MS, 'sender', this.#peers.open())
      this.#stream = stream
      if (this.#ended) return
      const invitedMs = this.#ports.clock.now()
      await this.#send({ invite: this.#invite })
      for (let bytes = await stream.receive(); bytes && !this.#ended; bytes = await stream.receive()) {
        await this.#onFrame(ProbeFrame.decode(bytes), invitedMs)
        this.#ports.changed()
      }
    } catch (cause) {
      this.note ??= cause instanceof Error ? cause.message : String(cause)
    } finally {
      await this.close()
      this.#ports.changed()
    }
  }

  start(): void {
    if (this.#started || !this.#ready || this.#ended) return
    this.#started = true
    this.#tell({ start: {} })
  }

  /** Has the sender stop what goes through the provider, and send straight to the receiver. */
  probeDirectly(direct: ProbeDirect): void {
    if (this.#started) this.#tell({ direct })
  }

  /** No more data counts. @param arrived all that did */
  finish(arrived: SenderArrivals): void {
    for (const expected of this.#expected) expected?.close()
    this.#arrived = arrived
  }

  /** Publishes the root: from now on the sender may reveal its key. */
  stop(chunkRoot: Uint8Array, signature: Uint8Array): void {
    this.#stopped = true
    if (this.#started) this.#tell({ stop: { chunkRoot, signature } })
  }

  /** Checks the reveal, the receipts, and every byte that arrived. */
  async check(): Promise<void> {
    const reveal = this.#reveal
    if (!reveal || !this.#grant) {
      this.#ended = true // a reveal that comes now is too late to be checked
      return
    }
    const { sessionId, slot, durationMs } = this.#invite
    const committed =
      Buffer.compare(keyCommitment(sessionId, slot, reveal.key), this.commitment ?? new Uint8Array()) === 0 &&
      isWellFormed(reveal.log) &&
      (await this.#peers.sender(revealDigest(sessionId, slot, reveal.key, reveal.log), reveal.signature))
    if (!committed) {
      this.#reveal = undefined
      this.note ??= 'the key that it revealed is not the one that it had committed to'
      return
    }
    const of = { sessionId, tag: this.#grant.tag, sender: slot }
    this.receiptHead = await checkReceipts(reveal.receipts, of, this.#peers.providerVouchers)
    if (this.receiptHead) {
      const { main, turn } = this.#arrived!
      const hashedBytes = (main.arrived + turn.arrived) * IP_DATAGRAM_BYTES
      this.#counter = await counterSign(reveal.receipts.at(-1)!, hashedBytes, this.#ports.voucherSigner)
    }
    const maxSentUs = (durationMs + OVERHEAD_MS) * 1000
    for (const run of RUNS) {
      this.#verified[run] = await this.#ports.collecting.verify(slot, run, reveal.key, maxSentUs)
    }
  }

  /** For the transcript. */
  record({ hoarding, riseMs, control, turn }: SenderEvidence, startMs: number): SenderRecord {
    const chunks = (run: Run) => (this.#arrived?.[run].chunks ?? []).map(recordOf)
    return {
      rateKbps: this.#invite.rateKbps,
      commitment: this.commitment,
      answer: this.#answer === 'missing' ? undefined : this.#relay,
      ready: this.#ready,
      chunks: [...chunks('main'), ...chunks('turn')],
      reveal: this.#reveal,
      counter: this.#counter,
      jitterUs: this.#verified.main.jitterUs,
      control: chunks('control'),
      direct: chunks('direct'),
      hoarding,
      riseMs,
      controlFlow: control && { sent: control.sent, spanMs: control.spanMs, riseMs: control.riseMs },
      turn: turn && {
        estimate: estimateRecord(turn.estimate, startMs),
        crowdKbps: [...turn.crowdKbps],
        riseMs: turn.riseMs,
        controlRiseMs: turn.control?.riseMs ?? 0,
      },
    }
  }

  /**
   * Opens what the revealed key picks, so that the sender sees whether its data came. With it goes the counter-signed
   * receipt: the sender has the stream to the provider, whose receipt it is.
   */
  async open(published: Publication, signer: PeerSigner): Promise<void> {
    if (!this.#reveal) return
    const { sessionId, slot } = this.#invite
    const openings = await published.open(sessionId, slot, this.#reveal.key, signer)
    this.#tell({ openings, counter: this.#counter })
  }

  /**
   * @param span of the estimate; undefined if no data was asked for
   * @param soak undefined for an ordinary session
   */
  evidence(span: Span | undefined, soak?: { readonly soakMs: number; readonly k: number }): SenderEvidence {
    const { main, control, direct, turn } = this.#verified
    const log = this.#reveal?.log
    const arrived = this.#arrived
    return {
      answer: this.#answer,
      ready: this.#ready,
      arrived: (arrived?.main.arrived ?? 0) + (arrived?.turn.arrived ?? 0),
      highest: arrived?.main.highest ?? -1,
      verified: main.datagrams + turn.datagrams,
      turn: soak && this.#turnEvidence(turnOf(soak.soakMs, soak.k, this.#invite.slot)),
      log,
      jitterUs: main.jitterUs,
      hoarding: span && !soak ? hoardingFactor(main.transits, span) : 1,
      riseMs: delayRiseMs(main.transits),
      control: arrived && log && controlFlow(control, arrived.control.highest, log.control, arrived.haltedMs),
      direct: { arrived: arrived?.direct.arrived ?? 0, verified: direct.datagrams },
    }
  }

  #turnEvidence(due: Span): TurnEvidence | undefined {
    const arrived = this.#arrived
    if (!arrived?.turnRead) return undefined
    const { turn, control } = this.#verified
    return {
      ...arrived.turnRead,
      arrived: arrived.turn.arrived,
      highest: arrived.turn.highest,
      verified: turn.datagrams,
      sentKbps: sentRateKbps(turn.datagrams, turn.transits),
      riseMs: delayRiseMs(turn.transits),
      control: turnControl(control, this.#reveal?.log.control ?? [], due),
    }
  }

  async close(): Promise<void> {
    this.#ended = true
    for (const expected of this.#expected) expected?.close()
    await this.#stream?.close().catch(() => {})
  }

  async #onFrame(frame: ProbeFrame, invitedMs: number): Promise<void> {
    if (frame.accept && !this.commitment) {
      this.commitment = frame.accept.commitment
      this.rttMs = this.#ports.clock.now() - invitedMs
    } else if (frame.decline) {
      throw new Error(`declined: ${frame.decline.reason}`)
    } else if (frame.relay && this.commitment && this.#answer === 'missing') {
      await this.#onAnswer(frame.relay)
    } else if (frame.ready && this.#grant) {
      this.#ready = true
    } else if (frame.reveal && this.#stopped && !this.#reveal) {
      this.#reveal = frame.reveal
    } else {
      throw new Error('spoke out of turn')
    }
  }

  async #onAnswer(relay: ProbeRelay): Promise<void> {
    const { grant, refuse, unreachable } = relay
    const { sessionId } = this.#invite
    const { provider } = this.#peers
    this.#relay = relay
    if (unreachable !== undefined) {
      this.#answer = 'unreachable'
      this.note = `provider unreachable: ${unreachable}`
    } else if (refuse) {
      if (!(await isRefusalOf(refuse, sessionId, provider))) throw new Error('the provider did not sign this refusal')
      this.#answer = 'refused'
      this.note = `provider refused, reason ${refuse.reason}`
    } else if (grant) {
      if (!(await isGrantOf(grant, sessionId, provider))) throw new Error('the provider did not sign this grant')
      // What an honest provider holds it to: with more it could crowd out the other senders.
      const { rateKbps, budgetBytes } = this.#invite
      if (grant.rateKbps > rateKbps || grant.budgetBytes > budgetBytes)
        throw new Error('asked the provider for too much')
      this.#answer = 'granted'
      this.#grant = grant
      // A tag that is in use gets no data: the provider chose it, so the session counts as granted and not served.
      const { slot, controlTag } = this.#invite
      const { collecting } = this.#ports
      this.#expected.push(collecting.expect(slot, grant.tag, grant.udpPort), collecting.expectDirect(slot, controlTag))
    }
  }

  #tell(frame: ProbeFrame): void {
    this.#send(frame).catch(() => {
      // The stream is gone: `run` notices.
    })
  }

  async #send(frame: ProbeFrame): Promise<void> {
    await this.#stream?.send(ProbeFrame.encode(frame))
  }
}
