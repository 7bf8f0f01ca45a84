/**
 * QUIC without sockets: quiche, from the optional dependency `@matrixai/quic`. It is loaded when a tunnel opens, because
 * it has no binary for some platforms, and relays and verifiers run without it.
 *
 * Whoever calls `send` of a connection chooses the leg. quiche sees one path: the addresses below stand for the two ends.
 */
import { createHmac } from 'node:crypto'
import type { Config, Connection, Host, Quiche } from '@matrixai/quic/native/index.js'
import type { RandomSource } from '../ports.js'
import { TunnelError } from './errors.js'

export type { Connection } from '@matrixai/quic/native/index.js'

let loading: Promise<Quiche> | undefined

/** @throws TunnelError `no-quic` on a platform without a binary */
export function loadQuiche(): Promise<Quiche> {
  loading ??= import('@matrixai/quic/native/index.js').then(
    ({ quiche }) => quiche,
    cause => {
      const platform = `${process.platform}-${process.arch}`
      const todo = 'run clients and exits on linux-x64, macOS or Windows, after npm install without --omit=optional'
      throw new TunnelError('no-quic', `@matrixai/quic does not load on ${platform}: ${todo}`, { cause })
    },
  )
  return loading
}

const PROTOCOL = 'bandwitness-tunnel'
/**
 * The least that QUIC lets an end announce (RFC 9000, section 18.2). What an end sends is shorter: no longer than the
 * buffer that it gives to `send`.
 */
const ANNOUNCED_PAYLOAD_BYTES = 1200

interface Windows {
  /** of one stream */
  readonly streamBytes: number
  /** of all streams together: no tunnel keeps more than this in an end's memory for streams that are not read */
  readonly tunnelBytes: number
  /** the same, once streams were read as fast as they came */
  readonly mostTunnelBytes: number
}

/**
 * Many streams together, so that an application that does not read holds up no other one. A client's streams begin with
 * 100 Mbit/s at a round trip of 80 ms. An exit has many tunnels, and keeps little for those that have not paid yet.
 */
const WINDOWS: Record<'client' | 'exit', Windows> = {
  client: { streamBytes: 1 << 20, tunnelBytes: 8 << 20, mostTunnelBytes: 32 << 20 },
  exit: { streamBytes: 256 << 10, tunnelBytes: 2 << 20, mostTunnelBytes: 16 << 20 },
}
/** Of one stream, grown: with half of it, two legs of 100 Mbit/s that lose 0.5 % carry 150 Mbit/s at 40 ms instead of 170. */
const MOST_STREAM_BYTES = 8 << 20
/** An acknowledgement waits no longer, ms. Losses on a leg that died are seen sooner. */
const MOST_ACK_DELAY_MS = 5
/** Of a tunnel whose packets nobody answers. A client keeps it alive (KEEP_ALIVE_MS). */
const IDLE_MS = 15_000
/** Tags of legs tell connections apart, so QUIC need not: RFC 9000, section 5.1. It saves 16 bytes of each packet. */
const NO_ID = Buffer.alloc(0)
const RESET_TOKEN_BYTES = 16
/** With the token, it looks like the packets of a connection. */
const RESET_PREFIX_BYTES = 24
/** Of a packet's first byte. */
const [HEADER_FORM, FIXED_BIT] = [0x80, 0x40]

const CLIENT: Host = { host: '192.0.2.1', port: 1 }
const EXIT: Host = { host: '192.0.2.2', port: 2 }

/** Of whose packets `recv` is told. */
export const FROM_EXIT = { from: EXIT, to: CLIENT }
export const FROM_CLIENT = { from: CLIENT, to: EXIT }

/** What an exit shows, both PEM. */
export interface ExitCertificate {
  readonly certificate: Uint8Array
  readonly certificateKey: Uint8Array
}

/** @param streams that the other end may have open at once */
function configOf(quiche: Quiche, exit: ExitCertificate | undefined, streams: number): Config {
  const keys = exit && [exit.certificateKey]
  // No authority signs an exit's certificate. The client compares its hash (client-tunnel.ts).
  const config = quiche.Config.withBoringSslCtx(
    false,
    false,
    null,
    keys ?? null,
    exit ? [exit.certificate] : null,
    null,
  )
  config.setApplicationProtos([PROTOCOL])
  // Legs tell who is gone, long before QUIC could.
  config.setMaxIdleTimeout(IDLE_MS)
  if (exit) config.setStatelessResetToken(BigInt(`0x${resetToken(exit).toString('hex')}`))
  config.setMaxRecvUdpPayloadSize(ANNOUNCED_PAYLOAD_BYTES)
  config.setMaxSendUdpPayloadSize(ANNOUNCED_PAYLOAD_BYTES)
  const { streamBytes, tunnelBytes, mostTunnelBytes } = WINDOWS[exit ? 'exit' : 'client']
  config.setInitialMaxData(tunnelBytes)
  config.setInitialMaxStreamDataBidiLocal(streamBytes)
  config.setInitialMaxStreamDataBidiRemote(streamBytes)
  config.setMaxStreamWindow(MOST_STREAM_BYTES)
  config.setMaxConnectionWindow(mostTunnelBytes)
  config.setInitialMaxStreamsBidi(streams)
  config.setInitialMaxStreamsUni(0)
  config.setMaxAckDelay(MOST_ACK_DELAY_MS)
  config.setDisableActiveMigration(true)
  config.setCcAlgorithm(quiche.CongestionControlAlgorithm.BBR)
  config.enablePacing(false) // the legs pace
  config.grease(false)
  return config
}

export type Connect = () => Connection

/** How clients begin a connection. */
export async function connecting(): Promise<Connect> {
  const quiche = await loadQuiche()
  const config = configOf(quiche, undefined, 0)
  return () => quiche.Connection.connect(null, NO_ID, CLIENT, EXIT, config)
}

/**
 * How an exit takes connections. @param streams that a client may have open at once
 * @throws Error if certificate and key are no PEM, or do not belong together
 */
export async function accepting(exit: ExitCertificate, streams: number): Promise<Connect> {
  const quiche = await loadQuiche()
  const config = configOf(quiche, exit, streams)
  return () => quiche.Connection.accept(NO_ID, null, EXIT, CLIENT, config)
}

/**
 * An exit that has started anew knows no connection, and its clients would wait for IDLE_MS. It tells them by what only it
 * and its clients know (RFC 9000, section 10.3). All connections of an exit have one token: what an exit sends comes to
 * its client alone, sealed.
 */
const resetToken = ({ certificateKey }: ExitCertificate): Buffer =>
  createHmac('sha256', certificateKey).update('stateless reset').digest().subarray(0, RESET_TOKEN_BYTES)

/** @returns a packet that ends a connection which this exit, or the process before it, has accepted */
export function resetPacket(exit: ExitCertificate, random: RandomSource): Uint8Array {
  const packet = Buffer.concat([random.bytes(RESET_PREFIX_BYTES), resetToken(exit)])
  packet[0] = (packet[0]! & ~HEADER_FORM) | FIXED_BIT
  return packet
}

/** Whether a packet belongs to a connection whose handshake is done (RFC 9000, section 17.3). */
export const isShort = (packet: Uint8Array): boolean => (packet[0]! & HEADER_FORM) === 0

/** RFC 9000, section 2.2: an end stops reading its half of a stream, or resets the half that it writes. */
export const HALF = { read: 0, write: 1 } as const
