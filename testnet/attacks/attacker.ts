/**
 * The node of a process that floods: it is connected with all verifiers of a network, and comes back when it is cut off. An
 * outsider comes back with another key.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { peerIdFromString } from '@libp2p/peer-id'
import pino from 'pino'
import type { NetworkId } from '../../proto/digests.js'
import { type EpochClock, epochAt, eraOf } from '../../proto/epoch.js'
import { toHex } from '../../proto/hex.js'
import { type GossipKind, topicOf } from '../../proto/protocols.js'
import { BlsSigner } from '../../verifier/bls/signer.js'
import { connectChain } from '../../verifier/chain/connect.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { loadNetworkFile } from '../../verifier/config/network-file.js'
import type { Announcement } from '../../verifier/core/ports.js'
import { createPeer, listenAddresses, type Peer } from '../../verifier/net/libp2p.js'
import { connect } from '../../verifier/net/streams.js'
import type { AttackOrder, AttackReport } from './messages.js'

const log = pino({ level: 'silent' })
const LISTEN = ['/ip4/127.0.0.1/tcp/0']
const DIAL_MS = 3000
/** How soon the attacker comes back. */
const RETURN_MS = 500

/** How the attacker stands in the frozen sets, if it is a verifier. */
export interface OwnPlace {
  readonly index: number
  readonly signer: BlsSigner
}

export class Attacker {
  readonly counts: { -readonly [K in keyof AttackReport]: AttackReport[K] } = { sent: 0, refused: 0, disconnected: 0 }
  readonly #leaving = new AbortController()
  readonly #setups: ((peer: Peer) => void)[] = []
  #peer: Peer

  private constructor(
    peer: Peer,
    readonly chain: EthersChain,
    readonly network: NetworkId,
    /** undefined for an outsider */
    readonly own: OwnPlace | undefined,
    readonly victims: readonly Announcement[],
    private readonly clock: EpochClock | undefined,
  ) {
    this.#peer = this.#watched(peer)
    void this.#comeBack()
  }

  static async start({ networkFile, rpcUrl, keys }: AttackOrder): Promise<Attacker> {
    const network = await loadNetworkFile(networkFile)
    const chain = await connectChain({ rpcUrl, network, ...(keys && { privateKey: keys.evm }) })
    const peer = await newPeer(chain.network, keys?.peer)
    const index = keys && (await chain.verifierIndex(chain.account!))
    if (keys) await chain.announce('verifier', peer.peerId.toString(), listenAddresses(peer))
    const own = index === undefined ? undefined : { index, signer: new BlsSigner(keys!.bls) }
    const self = peer.peerId.toString()
    const victims = (await chain.announcements()).filter(({ role, peerId }) => role === 'verifier' && peerId !== self)
    return new Attacker(peer, chain, chain.network, own, victims, await chain.clock())
  }

  async stop(): Promise<void> {
    this.#leaving.abort()
    await this.#peer.stop()
    this.chain.close()
  }

  get peer(): Peer {
    return this.#peer
  }

  /** Sets up this peer and those that come after it. */
  setUp(setup: (peer: Peer) => void): void {
    this.#setups.push(setup)
    setup(this.#peer)
  }

  /** The epoch that is measured now. @throws Error before the network has started */
  get epoch(): number {
    if (this.clock === undefined) throw new Error('The network has not started')
    return epochAt(this.clock, Date.now())
  }

  eraOf(epoch: number): number {
    return eraOf(this.clock!, epoch)
  }

  /** To all victims that are connected, whatever they are subscribed to. */
  async say(kind: GossipKind, bytes: Uint8Array): Promise<void> {
    this.counts.sent++
    const { recipients } = await this.peer.services.pubsub.publish(topicOf(this.network, kind), bytes)
    if (recipients.length === 0) this.counts.refused++
  }

  /** Opens a stream on the open connection. @returns undefined if the victim refuses, or is not connected */
  async open(victim: Announcement, protocols: string | string[]) {
    this.counts.sent++
    const [connection] = this.peer.getConnections(peerIdFromString(victim.peerId))
    const opened = connection?.newStream(protocols, { signal: AbortSignal.timeout(DIAL_MS) })
    const stream = await opened?.catch(() => undefined)
    if (stream === undefined) this.counts.refused++
    return stream
  }

  async #comeBack(): Promise<void> {
    let before = 0
    while (!this.#leaving.signal.aborted) {
      const isCutOff = this.counts.disconnected > before
      before = this.counts.disconnected
      if (this.own === undefined && isCutOff) await this.#disguise()
      const back = this.victims.map(victim => connect(this.peer, victim, AbortSignal.timeout(DIAL_MS)))
      await Promise.allSettled(back)
      await sleep(RETURN_MS)
    }
  }

  async #disguise(): Promise<void> {
    const before = this.#peer
    this.#peer = this.#watched(await newPeer(this.network))
    for (const setup of this.#setups) setup(this.#peer)
    await before.stop()
  }

  #watched(peer: Peer): Peer {
    peer.addEventListener('peer:disconnect', ({ detail }) => {
      const isCutOff = peer === this.#peer && !this.#leaving.signal.aborted
      if (isCutOff && this.victims.some(({ peerId }) => peerId === detail.toString())) this.counts.disconnected++
    })
    return peer
  }
}

const newPeer = (network: NetworkId, seed = toHex(randomBytes(32))): Promise<Peer> =>
  createPeer({ seed, listen: LISTEN, log }, network)

/** Until the signal aborts. Never throws. */
export type Flood = (attacker: Attacker, signal: AbortSignal) => Promise<void>

/** Does something so often, as evenly as the machine can, until the signal aborts. Does not wait for what it began. */
export async function often(
  perSecond: number,
  signal: AbortSignal,
  work: (i: number) => Promise<unknown>,
): Promise<void> {
  const beganMs = performance.now()
  for (let i = 0; !signal.aborted; ) {
    const due = ((performance.now() - beganMs) * perSecond) / 1000
    // After a pause of this machine, the flood goes on at its rate.
    if (due - i > perSecond) i = Math.floor(due)
    for (; i < due && !signal.aborted; i++) work(i).catch(() => {})
    await sleep(10)
  }
}
