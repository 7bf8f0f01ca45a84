/** The receiver's side of its talk with one sender, from the invitation to the reveal. */
import { ipDatagramBytes } from '../../proto/datagram.js'
import {
  type CounterReceipt,
  type ProbeDirect,
  ProbeFrame,
  type ProbeInvite,
  type ProbeRelay,
  type ProbeReveal,
  type RelayGrant,
} from '../../proto/messages.js'
import type { Publication } from '../chunks/openings.js'
import type { Run } from '../chunks/runs.js'
import { HANDSHAKE_MS, OVERHEAD_MS } from '../constants.js'
import { within } from '../deadline.js'
import type {
  AnswerVerifier,
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  VoucherSigner,
  VoucherVerifier,
} from '../ports.js'
import { NOTHING_VERIFIED } from '../transcript/facts.js'
import type { LiveSender } from '../transcript/record.js'
import { isCommitted, isSigned } from '../transcript/reveal.js'
import type { SessionShape } from '../verdict/session-shape.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { checkReceipts, counterSign } from '../wire/receipts.js'
import { isGrantOf, isRefusalOf } from '../wire/relay-client.js'
import { relaySessionId } from '../wire/statements.js'
import type { Collecting, Expected, SenderArrivals } from './receiver.js'

export interface LinkPeers {
  /** opens a stream to the sender */
  open(): Promise<MessageStream>
  readonly sender: PeerVerifier
  readonly provider: AnswerVerifier
  readonly providerVouchers: VoucherVerifier
}

/** What one sender may do. */
export interface LinkTerms {
  /** what it asks the provider for */
  readonly shape: SessionShape
  /** the most that it sends at any time, kbit/s at the IP layer */
  readonly rateKbps: number
  /** for how long */
  readonly dataMs: number
}

export interface LinkPorts {
  /** of the session, for all its senders */
  readonly collecting: Collecting
  readonly clock: MonotonicClock
  readonly voucherSigner: VoucherSigner
  /** Called at every step, so that those who wait for one look again. */
  changed(): void
}

/** One sender, checked. */
export interface CheckedSender extends LiveSender {
  /** h_j of the provider's last receipt; undefined unless the provider's receipts hold */
  readonly receiptHead: Uint8Array | undefined
}

export class SenderLink {
  readonly #invite: ProbeInvite
  /** of this sender's session with the provider */
  readonly #relaySession: Uint8Array
  readonly #terms: LinkTerms
  readonly #peers: LinkPeers
  readonly #ports: LinkPorts
  readonly #expected: (Expected | undefined)[] = []
  #stream: MessageStream | undefined
  /** H(K), once the sender has committed to it */
  #commitment: Uint8Array | undefined
  /** the provider's answer, once the receiver accepts it */
  #answer: ProbeRelay | undefined
  #grant: RelayGrant | undefined
  #counter: CounterReceipt | undefined
  #ready = false
  #started = false
  #sizesAsked = false
  #stopped = false
  #ended = false
  #reveal: ProbeReveal | undefined
  /** from the invitation to its acceptance */
  rttMs: number | undefined
  /** why the sender came to nothing, for a log */
  note: string | undefined

  constructor(invite: ProbeInvite, terms: LinkTerms, peers: LinkPeers, ports: LinkPorts) {
    this.#invite = invite
    this.#relaySession = relaySessionId(invite.sessionId, invite.slot)
    this.#terms = terms
    this.#peers = peers
    this.#ports = ports
  }

  get isReady(): boolean {
    return this.#ready
  }

  /** The provider has refused this sender, and signed its refusal. */
  get isRefused(): boolean {
    return this.#answer?.refuse !== undefined
  }

  /** The sender is ready, or nothing under way can still make it ready. */
  get isDecided(): boolean {
    return this.#ready || this.#ended || (this.#answer !== undefined && !this.#grant)
  }

  /** The reveal has come, or will not come. */
  get isRevealed(): boolean {
    return !this.#started || this.#reveal !== undefined || this.#ended
  }

  /** Talks to the sender until the stream ends. Never throws: `note` says what went wrong. */
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

  /** Tells the sender to stop its data through the provider, and to send straight to the receiver. */
  probeDirectly(direct: ProbeDirect): void {
    if (this.#started) this.#tell({ direct })
  }

  /** Tells the sender that nothing has arrived, and to send its size probes beside its data; once. */
  probeSizes(): void {
    if (!this.#started || this.#sizesAsked) return
    this.#sizesAsked = true
    this.#tell({ sizes: {} })
  }

  /** No more data counts. */
  halt(): void {
    for (const expected of this.#expected) expected?.close()
  }

  /** Publishes the root: from now on the sender may reveal its key. */
  stop(chunkRoot: Uint8Array, signature: Uint8Array): void {
    this.#stopped = true
    if (this.#started) this.#tell({ stop: { chunkRoot, signature } })
  }

  /** Checks the reveal, the receipts, and every byte that arrived. A later reveal does not count. */
  async check(arrived: SenderArrivals): Promise<CheckedSender> {
    const reveal = await this.#checkedReveal()
    const { slot } = this.#invite
    const { rateKbps, dataMs } = this.#terms
    const maxSentUs = (dataMs + OVERHEAD_MS) * 1000
    const verified = async (run: Run) => ({
      ...arrived[run],
      ...(reveal ? await this.#ports.collecting.verify(slot, run, reveal.key, maxSentUs) : NOTHING_VERIFIED),
    })
    const runs = {
      main: await verified('main'),
      control: await verified('control'),
      direct: await verified('direct'),
      turn: await verified('turn'),
    }
    const receiptHead = reveal && (await this.#checkReceipts(reveal, runs.main.datagrams + runs.turn.datagrams))
    return {
      runs,
      account: {
        rateKbps,
        commitment: this.#commitment,
        answer: this.#answer,
        ready: this.#ready,
        reveal,
        counter: this.#counter,
      },
      receiptHead,
      haltedMs: arrived.haltedMs,
      host: arrived.host,
      small: arrived.small,
      turnRead: arrived.turnRead,
    }
  }

  /**
   * Opens what the revealed key picks, so that the sender sees whether its data came. With the openings goes the
   * counter-signed receipt: the sender has the stream to the provider, and the receipt is the provider's.
   */
  async open(published: Publication, signer: PeerSigner): Promise<void> {
    if (!this.#reveal) return
    const { sessionId, slot } = this.#invite
    const openings = await published.open(sessionId, slot, this.#reveal.key, signer)
    this.#tell({ openings, counter: this.#counter })
  }

  async close(): Promise<void> {
    this.#ended = true
    this.halt()
    await this.#stream?.close().catch(() => {})
  }

  /** Undefined unless the sender signed the reveal, and had committed to its key. */
  async #checkedReveal(): Promise<ProbeReveal | undefined> {
    const reveal = this.#reveal
    if (!reveal || !this.#grant) {
      this.#ended = true
      return undefined
    }
    const { sessionId, slot } = this.#invite
    if (
      isCommitted(reveal, sessionId, slot, this.#commitment) &&
      (await isSigned(reveal, sessionId, slot, this.#peers.sender))
    )
      return reveal
    this.#reveal = undefined
    this.note ??= 'the key that it revealed is not the one that it had committed to'
    return undefined
  }

  /** Counter-signs the last receipt, over verified datagrams, if all receipts hold. @returns its h_j */
  async #checkReceipts({ receipts }: ProbeReveal, verified: number): Promise<Uint8Array | undefined> {
    const { host } = this.#invite
    const of = { sessionId: this.#relaySession, tag: this.#grant!.tag }
    const head = await checkReceipts(receipts, of, this.#peers.providerVouchers)
    if (!head) return undefined
    const bytes = verified * ipDatagramBytes(isOverIpv6(host))
    this.#counter = await counterSign(receipts.at(-1)!, bytes, this.#ports.voucherSigner)
    return head
  }

  async #onFrame(frame: ProbeFrame, invitedMs: number): Promise<void> {
    if (frame.accept && !this.#commitment) {
      this.#commitment = frame.accept.commitment
      this.rttMs = this.#ports.clock.now() - invitedMs
    } else if (frame.decline) {
      throw new Error(`declined: ${frame.decline.reason}`)
    } else if (frame.relay && this.#commitment && !this.#answer) {
      await this.#onAnswer(frame.relay)
      this.#answer = frame.relay
    } else if (frame.ready && this.#grant) {
      this.#ready = true
    } else if (frame.reveal && this.#started && this.#stopped && !this.#reveal) {
      this.#reveal = frame.reveal
    } else {
      throw new Error('spoke out of turn')
    }
  }

  /** @throws unless the provider signed its answer, and was asked for no more than the sender was invited to send */
  async #onAnswer({ grant, refuse, unreachable }: ProbeRelay): Promise<void> {
    const { slot, controlTag, headerKey } = this.#invite
    const { shape } = this.#terms
    const sessionId = this.#relaySession
    const { provider } = this.#peers
    if (unreachable !== undefined) {
      this.note = `provider unreachable: ${unreachable}`
    } else if (refuse) {
      if (!(await isRefusalOf(refuse, sessionId, provider))) throw new Error('the provider did not sign this refusal')
      this.note = `provider refused, reason ${refuse.reason}`
    } else if (grant) {
      if (!(await isGrantOf(grant, sessionId, provider))) throw new Error('the provider did not sign this grant')
      // The provider is shown the same by all senders, so one that asks for something else is no sender of a session.
      if (grant.rateKbps !== shape.rateKbps || grant.budgetBytes !== shape.budgetBytes)
        throw new Error('asked the provider for something else')
      this.#grant = grant
      const { collecting } = this.#ports
      // A tag that is in use gets no data: the provider chose it, so the session counts as granted and not served.
      const expect = (tag: Uint8Array, way: 'provider' | 'direct') => collecting.expect(slot, tag, headerKey, way)
      this.#expected.push(expect(grant.tag, 'provider'), expect(controlTag, 'direct'))
    }
  }

  #tell(frame: ProbeFrame): void {
    this.#send(frame).catch(() => {}) // `run` notices
  }

  async #send(frame: ProbeFrame): Promise<void> {
    await this.#stream?.send(ProbeFrame.encode(frame))
  }
}
