/** Senders, a relay and a receiver in one process: real UDP over loopback, in-memory message streams, real Ed25519. */
import { randomBytes } from 'node:crypto'
import { SigningKey } from 'ethers'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import type { SessionRecord } from '../../proto/messages.js'
import { voucherDigest } from '../../proto/voucher.js'
import type { OpeningsVerdict } from '../chunks/openings.js'
import { Condition } from '../deadline.js'
import type { Backend } from '../io/datagram-port.js'
import { loadNative } from '../io/native.js'
import type { ForwardingSpec } from '../plane/forwarding.js'
import type { Access, Lanes, MessageStream, Payments, ProviderStream, SessionParties } from '../ports.js'
import { Receiver } from '../receiver/receiver.js'
import type { CreditRule } from '../relay/credit.js'
import { everybodyReserved, Relay } from '../relay/relay.js'
import { type SenderDeps, serveProbe } from '../sender/sender.js'
import { type SoloKeys, soloKeys } from '../solo-keys.js'
import { measureSolo, soloSender } from '../solo-session.js'
import { systemClock, systemRandom } from '../system.js'
import type { AtLeastReason, Outcome, SessionResult } from '../verdict/outcome.js'
import { connect, streamPair } from '../wire/local-streams.js'
import { SeenSessions } from '../wire/seen-sessions.js'

export const HOST = '127.0.0.1'
/** For what comes, however busy the machine is. */
export const PATIENCE_MS = 20_000
/** The backends of this machine, the default one first. */
export const BACKENDS: readonly Backend[] = (await loadNative()) ? ['mmsg', 'dgram'] : ['dgram']
export const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` }

export type Peer = SoloKeys

/** Fresh keys, whose receipts a contract would accept. */
export function newPeer(): Peer {
  const account = new SigningKey(toHex(randomBytes(32)))
  return {
    ...soloKeys(),
    voucherSigner: { sign: async voucher => fromHex(account.sign(voucherDigest(NETWORK, voucher)).serialized) },
    vouchers: async (voucher, signature) =>
      SigningKey.recoverPublicKey(voucherDigest(NETWORK, voucher), toHex(signature)) === account.publicKey,
  }
}

export interface NetworkOptions {
  /** loopback address of all parties (default: HOST) */
  readonly host?: string
  readonly claimKbps: number
  readonly limitKbps?: number
  /** of the link behind the relay (default: unknown) */
  readonly linkKbps?: number
  readonly forwarding?: ForwardingSpec
  /** what the provider delivers where `forwarding` decides it: a lower reading was held up (default: nobody knows) */
  readonly deliversKbps?: number
  /** length of a soak; undefined for ordinary sessions */
  readonly soakMs?: number
  /** the receiver gets an instant for the start of data, this long after the call */
  readonly startsInMs?: number
  readonly backend?: Backend
  /** segmentation offload of the relay (default: false) */
  readonly offload?: boolean
  /** of the relay (default: every session is reserved) */
  readonly access?: Access
  /** of the relay (default: nobody can pay) */
  readonly payments?: Payments
  /** of the relay (default: nobody has reserved any) */
  readonly lanes?: Lanes
  /** of the relay (default: no limit) */
  readonly credit?: CreditRule
  /** keys to use (default: fresh ones) */
  readonly peers?: NetworkPeers
  readonly parties?: SessionParties
  /** where others reach the receiver's UDP port (default: its own address) */
  readonly advertisedHost?: string
  /** what the provider announces (default: its own address) */
  readonly providerHosts?: readonly string[]
}

export interface NetworkPeers {
  readonly provider: Peer
  readonly receiver: Peer
  readonly senders: Peer[]
}

/** One sender's behaviour: how it serves its stream, and with which dependencies. */
export type Behaviour = (stream: MessageStream, deps: SenderDeps) => Promise<void>
export const honest: Behaviour = serveProbe

/** For the message of a failing test: all that is known of a session. */
export const story = (network: Network, { outcome }: SessionResult): string =>
  JSON.stringify({ outcome, notes: network.notes })

/** Whether the receiver signed a receipt of every sender with a grant. A sender waits for its receipt for a moment only. */
export const isCounterSigned = ({ senderRecords }: SessionRecord): boolean =>
  senderRecords.every(({ answer, counter }) => answer?.grant === undefined || counter !== undefined)

/** What a session says if this machine, which runs all parties, had no time for some of them. */
const HELD_UP: readonly AtLeastReason[] = ['sender-limited', 'path-limited', 'unstable', 'receiver-overrun']
const MOST_SESSIONS = 5

/** A reading is whole if it is so much of what the provider delivers. */
const WHOLE_SHARE = 0.95

export class Network {
  readonly provider: Peer
  readonly receiverPeer: Peer
  readonly senders: Peer[]
  readonly served: SeenSessions[]
  readonly notes: string[] = []
  /** what the senders found in the receiver's openings */
  readonly opened: OpeningsVerdict[] = []
  readonly condition = new Condition()
  relay!: Relay
  receiver!: Receiver
  /** where others reach the receiver's UDP port */
  advertisedHost: string
  readonly #options: NetworkOptions

  private constructor(options: NetworkOptions) {
    this.#options = options
    this.advertisedHost = options.advertisedHost ?? options.host ?? HOST
    this.provider = options.peers?.provider ?? newPeer()
    this.receiverPeer = options.peers?.receiver ?? newPeer()
    this.senders = options.peers?.senders ?? [newPeer(), newPeer(), newPeer()]
    this.served = this.senders.map(() => new SeenSessions())
  }

  static async open(options: NetworkOptions): Promise<Network> {
    const network = new Network(options)
    network.receiver = await Receiver.open({
      host: network.#host,
      port: 0,
      clock: systemClock,
      backend: options.backend,
    })
    await network.openRelay()
    return network
  }

  async openRelay(port = 0): Promise<void> {
    const { answerSigner, voucherSigner } = this.provider
    const ports = { answerSigner, voucherSigner, clock: systemClock, random: systemRandom }
    this.relay = await Relay.open({ access: everybodyReserved, ...this.#options, host: this.#host, port, ...ports })
  }

  async close(): Promise<void> {
    await this.relay.close()
    await this.receiver.close()
  }

  /** Opens a stream to the relay, as `peer` at `host`. */
  openProvider(peer: string, host = this.#host): ProviderStream {
    return connect(streamPair(host), stream => this.relay.serve(stream, peer))
  }

  senderDeps(slot: number): SenderDeps {
    const { claimKbps, soakMs, backend } = this.#options
    const [receiver, provider] = [this.receiverPeer.verifier, this.provider.answers]
    return soloSender(
      { claimKbps, soakMs, senders: this.senders.length, receiver, provider },
      {
        ...{ udpHost: this.#host, backend, served: this.served[slot]!, signer: this.senders[slot]!.signer },
        openProvider: async () => this.openProvider(`sender ${slot}`),
        opened: verdict => {
          this.opened.push(verdict)
          this.condition.changed()
        },
      },
    )
  }

  /** A pause of any party makes a reading lower, and never higher. */
  #isHeldUp(outcome: Outcome): boolean {
    const { claimKbps, limitKbps = claimKbps, forwarding, deliversKbps } = this.#options
    if (outcome.kind === 'no-data') return true
    if (outcome.kind === 'at-least') return HELD_UP.includes(outcome.reason)
    if (outcome.kind !== 'verified' && outcome.kind !== 'under') return false
    const delivers = deliversKbps ?? (forwarding === undefined ? limitKbps : 0)
    return outcome.measurement.rateKbps < WHOLE_SHARE * Math.min(claimKbps, delivers)
  }

  get #host(): string {
    return this.#options.host ?? HOST
  }

  get parties(): SessionParties {
    const provider = this.provider.answers.account
    return this.#options.parties ?? { epoch: 1, provider, receiver: 9, senders: [1, 2, 3] }
  }

  /**
   * The first session in which no party was held up. Only for tests in which nothing but this machine holds them up.
   * @param once measures (default: a session with an id of its own)
   */
  measureUndisturbed(behaviours?: readonly Behaviour[], once = () => this.measure(behaviours)): Promise<SessionResult> {
    return this.measureAgain(outcome => this.#isHeldUp(outcome), once)
  }

  /** The first undisturbed session in which the last receipt of every sender with a grant came in time. */
  measureWhole(once = () => this.measure()): Promise<SessionResult> {
    return this.measureAgain((outcome, record) => this.#isHeldUp(outcome) || !isCounterSigned(record), once)
  }

  /** The first session that ended otherwise, or the last one of a few. */
  async measureAgain(
    isSo: (outcome: Outcome, record: SessionRecord) => boolean,
    once: () => Promise<SessionResult>,
  ): Promise<SessionResult> {
    let result = await once()
    for (let sessions = 1; isSo(result.outcome, result.record) && sessions < MOST_SESSIONS; sessions++)
      result = await once()
    return result
  }

  measure(
    behaviours: readonly Behaviour[] = [],
    sessionId: Hex = toHex(randomBytes(32)),
    nonce: Hex = toHex(randomBytes(32)),
  ): Promise<SessionResult> {
    const { claimKbps, soakMs, startsInMs } = this.#options
    return measureSolo(
      {
        ...{ parties: this.parties, sessionId, nonce, claimKbps, soakMs },
        startMs: startsInMs === undefined ? undefined : systemClock.now() + startsInMs,
        senders: this.senders.map(({ verifier }, slot) => ({
          verifier,
          open: async () =>
            connect(streamPair(this.#host), stream => (behaviours[slot] ?? honest)(stream, this.senderDeps(slot))),
        })),
        providerAnswers: this.provider.answers,
        providerVouchers: this.provider.vouchers,
        advertisedHost: this.advertisedHost,
        providerHosts: this.#options.providerHosts ?? [this.#host],
      },
      {
        receiver: this.receiver,
        signer: this.receiverPeer.signer,
        voucherSigner: this.receiverPeer.voucherSigner,
        log: note => this.notes.push(note),
      },
    )
  }
}
