/** Senders, a relay and a receiver in one process: real UDP over loopback, in-memory message streams, real Ed25519. */
import { randomBytes } from 'node:crypto'
import { SigningKey } from 'ethers'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { voucherDigest } from '../../proto/voucher.js'
import type { OpeningsVerdict } from '../chunks/openings.js'
import { Condition } from '../deadline.js'
import type { Backend } from '../io/datagram-port.js'
import { loadNative } from '../io/native.js'
import type { ForwardingSpec } from '../plane/forwarding.js'
import type { MessageStream, ProviderStream, SessionParties } from '../ports.js'
import { Receiver } from '../receiver/receiver.js'
import { Relay } from '../relay/relay.js'
import { type SenderDeps, serveProbe } from '../sender/sender.js'
import { type SoloKeys, soloKeys } from '../solo-keys.js'
import { measureSolo, soloSender } from '../solo-session.js'
import { systemClock, systemRandom } from '../system.js'
import type { SessionResult } from '../verdict/outcome.js'
import { connect, streamPair } from '../wire/local-streams.js'
import { SeenSessions } from '../wire/seen-sessions.js'

export const HOST = '127.0.0.1'
/** Those that this machine has, the one that is used unless another is asked for first. */
export const BACKENDS: readonly Backend[] = (await loadNative()) ? ['mmsg', 'dgram'] : ['dgram']
export const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` }

export type Peer = SoloKeys

/** With receipts that a contract would take. */
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
  readonly claimKbps: number
  readonly limitKbps?: number
  readonly forwarding?: ForwardingSpec
  /** all sessions are soaks, of this length */
  readonly soakMs?: number
  /** data starts so long after the call, at an instant that the receiver was given */
  readonly startsInMs?: number
  readonly backend?: Backend
  /** instead of fresh ones */
  readonly peers?: NetworkPeers
  readonly parties?: SessionParties
}

export interface NetworkPeers {
  readonly provider: Peer
  readonly receiver: Peer
  readonly senders: Peer[]
}

/** What one sender does instead of its part: serves its stream some other way, or with other dependencies. */
export type Behaviour = (stream: MessageStream, deps: SenderDeps) => Promise<void>
export const honest: Behaviour = serveProbe

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
  readonly #options: NetworkOptions

  private constructor(options: NetworkOptions) {
    this.#options = options
    this.provider = options.peers?.provider ?? newPeer()
    this.receiverPeer = options.peers?.receiver ?? newPeer()
    this.senders = options.peers?.senders ?? [newPeer(), newPeer(), newPeer()]
    this.served = this.senders.map(() => new SeenSessions())
  }

  static async open(options: NetworkOptions): Promise<Network> {
    const network = new Network(options)
    network.receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock, backend: options.backend })
    await network.openRelay()
    return network
  }

  async openRelay(port = 0): Promise<void> {
    const { signer, voucherSigner } = this.provider
    const ports = { signer, voucherSigner, clock: systemClock, random: systemRandom }
    this.relay = await Relay.open({ ...this.#options, host: HOST, port, ...ports })
  }

  async close(): Promise<void> {
    await this.relay.close()
    await this.receiver.close()
  }

  /** A stream to the relay, as `peer`. */
  openProvider(peer: string): ProviderStream {
    return connect(streamPair(HOST), stream => this.relay.serve(stream, peer))
  }

  senderDeps(slot: number): SenderDeps {
    const { claimKbps, soakMs, backend } = this.#options
    const [receiver, provider] = [this.receiverPeer.verifier, this.provider.verifier]
    return soloSender(
      { claimKbps, soakMs, senders: this.senders.length, receiver, provider },
      {
        ...{ udpHost: HOST, backend, served: this.served[slot]!, signer: this.senders[slot]!.signer },
        openProvider: async () => this.openProvider(`sender ${slot}`),
        opened: verdict => {
          this.opened.push(verdict)
          this.condition.changed()
        },
      },
    )
  }

  get parties(): SessionParties {
    return this.#options.parties ?? { epoch: 1, provider: `0x${'11'.repeat(20)}`, receiver: 9, senders: [1, 2, 3] }
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
            connect(streamPair(HOST), stream => (behaviours[slot] ?? honest)(stream, this.senderDeps(slot))),
        })),
        providerVerifier: this.provider.verifier,
        providerVouchers: this.provider.vouchers,
        advertisedHost: HOST,
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
