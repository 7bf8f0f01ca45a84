/** Senders, a relay and a receiver in one process: real UDP over loopback, in-memory message streams, real Ed25519. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { SigningKey } from 'ethers'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { voucherDigest } from '../../proto/voucher.js'
import type { OpeningsVerdict } from '../chunks/openings.js'
import { Condition } from '../deadline.js'
import type { Backend } from '../io/datagram-port.js'
import { loadNative } from '../io/native.js'
import type { ForwardingSpec } from '../plane/forwarding.js'
import type {
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  ProviderStream,
  RandomSource,
  SessionParties,
  VoucherSigner,
  VoucherVerifier,
} from '../ports.js'
import { Receiver } from '../receiver/receiver.js'
import { measureSession } from '../receiver/session.js'
import { Relay } from '../relay/relay.js'
import { type SenderDeps, serveProbe } from '../sender/sender.js'
import type { SessionResult } from '../verdict/outcome.js'
import { streamPair } from '../wire/local-streams.js'
import { SeenSessions } from '../wire/seen-sessions.js'

export const HOST = '127.0.0.1'
/** Those that this machine has, the one that is used unless another is asked for first. */
export const BACKENDS: readonly Backend[] = (await loadNative()) ? ['mmsg', 'dgram'] : ['dgram']
export const clock: MonotonicClock = performance
export const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` }
export const random: RandomSource = { bytes: length => randomBytes(length) }

export interface Peer {
  readonly signer: PeerSigner
  readonly verifier: PeerVerifier
  readonly voucherSigner: VoucherSigner
  readonly vouchers: VoucherVerifier
}

export function newPeer(): Peer {
  const { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject } = generateKeyPairSync('ed25519')
  const account = new SigningKey(toHex(randomBytes(32)))
  return {
    signer: { sign: async digest => sign(null, digest, privateKey) },
    verifier: async (digest, signature) => verify(null, digest, publicKey, signature),
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
    network.receiver = await Receiver.open({ host: HOST, port: 0, clock, backend: options.backend })
    await network.openRelay()
    return network
  }

  async openRelay(port = 0): Promise<void> {
    const { signer, voucherSigner } = this.provider
    this.relay = await Relay.open({ ...this.#options, host: HOST, port, signer, voucherSigner, clock, random })
  }

  async close(): Promise<void> {
    await this.relay.close()
    await this.receiver.close()
  }

  /** A stream to the relay, as `peer`. */
  openProvider(peer: string): ProviderStream {
    const [mine, theirs] = streamPair(HOST)
    void this.relay.serve(theirs, peer)
    return mine
  }

  senderDeps(slot: number): SenderDeps {
    return {
      authorize: async () => ({
        ok: true,
        claimKbps: this.#options.claimKbps,
        senders: this.senders.length,
        soakMs: this.#options.soakMs,
        receiver: this.receiverPeer.verifier,
        provider: this.provider.verifier,
      }),
      openProvider: async () => this.openProvider(`sender ${slot}`),
      udpHost: HOST,
      backend: this.#options.backend,
      served: this.served[slot]!,
      signer: this.senders[slot]!.signer,
      clock,
      random,
      opened: verdict => {
        this.opened.push(verdict)
        this.condition.changed()
      },
    }
  }

  get parties(): SessionParties {
    return this.#options.parties ?? { epoch: 1, provider: `0x${'11'.repeat(20)}`, receiver: 9, senders: [1, 2, 3] }
  }

  measure(
    behaviours: readonly Behaviour[] = [],
    sessionId: Hex = toHex(randomBytes(32)),
    nonce: Hex = toHex(randomBytes(32)),
  ): Promise<SessionResult> {
    const { startsInMs } = this.#options
    return measureSession(
      {
        parties: this.parties,
        sessionId,
        nonce,
        claimKbps: this.#options.claimKbps,
        soakMs: this.#options.soakMs,
        startMs: startsInMs === undefined ? undefined : clock.now() + startsInMs,
        breachBps: 7500,
        senders: this.senders.map(({ verifier }, slot) => ({
          verifier,
          open: async () => {
            const [mine, theirs] = streamPair(HOST)
            void (behaviours[slot] ?? honest)(theirs, this.senderDeps(slot))
            return mine
          },
        })),
        providerVerifier: this.provider.verifier,
        providerVouchers: this.provider.vouchers,
        advertisedHost: HOST,
      },
      {
        receiver: this.receiver,
        clock,
        random,
        signer: this.receiverPeer.signer,
        voucherSigner: this.receiverPeer.voucherSigner,
        log: note => this.notes.push(note),
      },
    )
  }
}
