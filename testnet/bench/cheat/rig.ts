/**
 * Real sessions for the bench, in one process: three senders, a relay with any forwarding, a receiver, real UDP over
 * loopback, real keys. The options and the faults say how narrow the receiver's link and a sender's link are.
 *
 *   sender ══ [its link] ══▶ relay (forwarding) ══ [receiver's link] ══▶ receiver
 *        ════════════ control, direct ════════════ [receiver's link] ══▶
 */

import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import {
  connect,
  everybodyReserved,
  type ForwardingSpec,
  type Outcome,
  type ProviderStream,
  Receiver,
  Relay,
  serveProbe,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from '../../../probe/index.js'
import { shareKbps } from '../../../probe/verdict/share.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { InProcessPath, PATH_HOST } from '../../lab/in-process-path.js'
import { type Keys, newKeys } from '../../lab/keys.js'
import { measure, PROVIDER_KEYS, providerAnswers, SENDERS } from '../../lab/session.js'
import type { Fault } from './faults.js'

const HOST = '127.0.0.1'
/** Where a sender with a link of its own finds the relay. */
const LINK_HOST = '127.0.0.3'
/** Another address of the provider's. */
const BOX_HOST = '127.0.0.4'
/** More than any session sends. */
const WIDE_KBPS = 1e9

export interface RigOptions {
  readonly claimKbps: number
  readonly forwarding?: ForwardingSpec | undefined
  /** of the receiver's own link, for all that reaches the receiver (default: wider than any session needs) */
  readonly receiverKbps?: number
}

export class Rig {
  readonly #options: RigOptions
  readonly #receiver: Keys
  readonly #senders: readonly Keys[]
  readonly #relay: Relay
  readonly #port: Receiver
  readonly #path: InProcessPath

  private constructor(
    options: RigOptions,
    keys: readonly [Keys, ...Keys[]],
    parts: { readonly relay: Relay; readonly port: Receiver; readonly path: InProcessPath },
  ) {
    const [receiver, ...senders] = keys
    this.#options = options
    this.#receiver = receiver
    this.#senders = senders
    this.#relay = parts.relay
    this.#port = parts.port
    this.#path = parts.path
  }

  static async open(options: RigOptions): Promise<Rig> {
    const [receiver, ...senders] = await Promise.all(Array.from({ length: 1 + SENDERS }, newKeys))
    const relay = await openRelay(HOST, options)
    const port = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    const ends = { host: HOST, providerPort: relay.port, receiverPort: port.port }
    const path = await InProcessPath.open(ends, () => 1)
    path.shape({ rateKbps: WIDE_KBPS, rttMs: 0, lossPercent: 0, receiverKbps: options.receiverKbps })
    return new Rig(options, [receiver!, ...senders], { relay, port, path })
  }

  /**
   * One session.
   * @param faults by sender's slot; a sender without a fault does its part
   * @param soakMs length of a soak; undefined for an ordinary session
   */
  async measure(faults: readonly (Fault | undefined)[] = [], soakMs?: number): Promise<Outcome> {
    const { claimKbps } = this.#options
    const links: Socket[] = []
    const boxes: Relay[] = []
    try {
      const { outcome } = await measure({
        claimKbps,
        soakMs,
        signer: this.#receiver.signer,
        receiver: this.#port,
        senders: this.#senders.map((sender, slot) => ({
          verifier: sender.verifier,
          open: async () => {
            const { signer } = sender
            const fault = faults[slot]
            const order = { claimKbps, soakMs }
            const pass = fault?.link?.(shareKbps(claimKbps, SENDERS))
            if (pass) links.push(await this.#senderLink(pass))
            const host = pass ? LINK_HOST : HOST
            const [receiver, provider] = [this.#receiver.verifier, providerAnswers]
            const box = fault?.box && (await openRelay(BOX_HOST, { claimKbps }))
            if (box) boxes.push(box)
            const terms = { providerClaimKbps: claimKbps, senders: SENDERS, receiver, provider }
            const deps = soloSender(
              { ...(fault?.order?.(order) ?? order), ...terms },
              {
                signer,
                openProvider: async () => openProvider(box ?? this.#relay, box ? BOX_HOST : host, slot),
                udpHost: host,
              },
            )
            return connect(streamPair(HOST), theirs => {
              const stream = fault?.stream ? fault.stream(theirs, signer) : theirs
              return stream && serveProbe(stream, deps)
            })
          },
        })),
        host: PATH_HOST,
      })
      return outcome
    } finally {
      for (const link of links) link.close()
      for (const box of boxes) await box.close()
    }
  }

  async close(): Promise<void> {
    await this.#path.close()
    await this.#relay.close()
    await this.#port.close()
  }

  /** A UDP port under another address, with the relay's port number. It passes on what the link carries. */
  async #senderLink(pass: (bytes: number, nowMs: number) => number): Promise<Socket> {
    const socket = createSocket('udp4')
    socket.bind({ address: LINK_HOST, port: this.#relay.port, exclusive: true })
    await once(socket, 'listening')
    socket.on('error', () => {}) // what cannot be delivered is lost
    socket.on('message', datagram => {
      const times = pass(datagram.length + IP_UDP_HEADER_BYTES, systemClock.now())
      for (let i = 0; i < times; i++) socket.send(datagram, this.#relay.port, HOST)
    })
    return socket
  }
}

const openRelay = (host: string, { claimKbps, forwarding }: RigOptions): Promise<Relay> =>
  Relay.open({
    ...{ host, port: 0, claimKbps, forwarding },
    ...PROVIDER_KEYS,
    access: everybodyReserved,
    clock: systemClock,
    random: systemRandom,
  })

/** The peer id tells a provider that cheats with a sender the slot of that sender: see `slotOf`. */
const openProvider = (relay: Relay, host: string, slot: number): ProviderStream =>
  connect(streamPair(host), stream => relay.serve(stream, `sender ${slot} ${randomBytes(8).toString('hex')}`))
