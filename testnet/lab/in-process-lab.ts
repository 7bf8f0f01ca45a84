/**
 * The lab for machines without root or without Linux namespaces: senders, relay and receiver in this
 * process, the provider's link and the path behind it as numbers between their UDP ports. The sessions are the same, at
 * lower rates: the calibration shows which rates the process cannot carry beside its own work.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import {
  connect,
  everybodyReserved,
  Receiver,
  Relay,
  serveProbe,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from '../../probe/index.js'
import { monotonicMs } from '../../probe/plane/clock.js'
import { bytesIn, shareKbps } from '../../probe/verdict/share.js'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { UserError } from '../../verifier/config/errors.js'
import { delayedPair } from './delayed-streams.js'
import { InProcessPath, PATH_HOST } from './in-process-path.js'
import { type Keys, newKeys } from './keys.js'
import { type Calibration, type Cell, claimOf, type Lab, type MeasuredSession } from './lab.js'
import { measure, PROVIDER_KEYS, providerAnswers, SENDERS } from './session.js'

const HOST = '127.0.0.1'
const CALIBRATION_MS = 1500
/** Of a flow's beginning, and of its end, nothing counts. */
const CALIBRATION_MARGIN_MS = 300
const TICK_MS = 1

interface Parts {
  readonly receiver: Keys
  readonly senders: readonly Keys[]
  readonly relay: Relay
  readonly port: Receiver
  readonly path: InProcessPath
}

export class InProcessLab implements Lab {
  readonly kind = 'in-process'
  readonly description = 'in one process, token bucket, delay and loss as numbers between UDP ports; no iperf3'
  readonly iperf3 = undefined
  readonly #parts: Parts
  #cell: Cell = { rateKbps: 1, rttMs: 0, lossPercent: 0 }
  #closed = false

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws UserError if there is no second loopback address */
  static async open(): Promise<InProcessLab> {
    const receiver = await newKeys()
    const senders = await Promise.all(Array.from({ length: SENDERS }, newKeys))
    const relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps: 1, ...PROVIDER_KEYS },
      ...{ access: everybodyReserved, clock: systemClock, random: systemRandom },
    })
    const port = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    try {
      const ends = { host: HOST, providerPort: relay.port, receiverPort: port.port }
      const path = await InProcessPath.open(ends, Math.random)
      return new InProcessLab({ receiver, senders, relay, port, path })
    } catch (cause) {
      await relay.close()
      await port.close()
      const what = `the second loopback address ${PATH_HOST} cannot be had (${(cause as Error).message})`
      throw new UserError('configuration', `No lab on this machine: ${what}; give it to the loopback device.`, {
        cause,
      })
    }
  }

  async shape(cell: Cell): Promise<void> {
    this.#cell = cell
    this.#parts.path.shape(cell)
    this.#parts.relay.setClaim(claimOf(cell))
  }

  /** A flow as heavy as a session's senders make it, between ports of its own, through a path like the sessions'. */
  async calibrate(): Promise<Calibration> {
    const [source, sink] = [createSocket('udp4'), createSocket('udp4')]
    for (const socket of [source, sink]) {
      socket.bind(0, HOST)
      await once(socket, 'listening')
    }
    const ends = { host: HOST, providerPort: source.address().port, receiverPort: sink.address().port }
    const path = await InProcessPath.open(ends, Math.random)
    try {
      path.shape(this.#cell)
      let arrived = 0
      sink.on('message', () => {
        arrived++
      })
      const link = path.watch()
      const beganMs = monotonicMs()
      const datagram = Buffer.alloc(DATAGRAM_BYTES)
      const offeredKbps = SENDERS * shareKbps(claimOf(this.#cell), SENDERS)
      for (let sent = 0, nowMs = beganMs; nowMs < beganMs + CALIBRATION_MS; nowMs = monotonicMs()) {
        for (; sent < bytesIn(offeredKbps, nowMs - beganMs); sent += IP_DATAGRAM_BYTES) {
          source.send(datagram, ends.receiverPort, PATH_HOST)
        }
        await pause(TICK_MS)
      }
      await pause(this.#cell.rttMs / 2 + CALIBRATION_MARGIN_MS)
      const linkKbps = link.rateKbps(beganMs + CALIBRATION_MARGIN_MS, beganMs + CALIBRATION_MS - CALIBRATION_MARGIN_MS)
      return { linkKbps, arrivedKbps: (linkKbps * arrived) / (path.packets - path.lost) }
    } finally {
      await path.close()
      for (const socket of [source, sink]) socket.close()
    }
  }

  async measure(): Promise<MeasuredSession> {
    const { path, receiver, senders, port } = this.#parts
    const claimKbps = claimOf(this.#cell)
    const { packets, lost } = path
    const link = path.watch()
    const terms = { claimKbps, senders: SENDERS, receiver: receiver.verifier, provider: providerAnswers }
    const openProvider = async () =>
      connect(streamPair(HOST), stream => this.#parts.relay.serve(stream, randomBytes(8).toString('hex')))
    const reading = await measure({
      claimKbps,
      signer: receiver.signer,
      receiver: port,
      senders: senders.map(({ verifier, signer }) => ({
        verifier,
        open: async () =>
          connect(delayedPair(this.#cell.rttMs / 2, HOST), stream =>
            serveProbe(stream, soloSender(terms, { signer, openProvider, udpHost: HOST })),
          ),
      })),
      host: PATH_HOST,
    })
    return { reading, link, lostShare: (path.lost - lost) / Math.max(1, path.packets - packets), overruns: undefined }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { path, relay, port } = this.#parts
    await path.close()
    await relay.close()
    await port.close()
  }
}
