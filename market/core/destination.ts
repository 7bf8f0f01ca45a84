/**
 * How a client names a destination to an exit: the first bytes of a stream, before the bytes of the connection itself.
 *
 * kind 1 | port 2 | length of the host 1 | host     kind 1: a connection. The exit answers with one byte, a `REPLY`
 * kind 1 | session id 32                            kind 0: payments, the first stream of a tunnel (payment-stream.ts)
 */
export const STREAM_KIND = { payments: 0, connection: 1 } as const

/** What the exit answers. The numbers are SOCKS5's (RFC 1928, section 6). */
export const REPLY = {
  granted: 0,
  failed: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  timedOut: 6,
} as const
export type Reply = (typeof REPLY)[keyof typeof REPLY]

export interface Destination {
  /** a name or an address literal */
  readonly host: string
  readonly port: number
}

/** Of a name (RFC 1035), and so of every literal. */
const MAX_HOST_BYTES = 255
export const DESTINATION_HEAD_BYTES = 4
const PRINTABLE = /^[!-~]+$/

/** @throws RangeError for a host or a port that is none */
export function encodeDestination({ host, port }: Destination): Uint8Array {
  if (!isHost(host) || !isPort(port)) throw new RangeError(`${host}:${port} is no destination`)
  const bytes = Buffer.alloc(DESTINATION_HEAD_BYTES + host.length)
  bytes[0] = STREAM_KIND.connection
  bytes.writeUInt16BE(port, 1)
  bytes[DESTINATION_HEAD_BYTES - 1] = host.length
  bytes.write(host, DESTINATION_HEAD_BYTES, 'latin1')
  return bytes
}

/** How long a destination is. @param head its first DESTINATION_HEAD_BYTES */
export const destinationBytes = (head: Buffer): number => DESTINATION_HEAD_BYTES + head[DESTINATION_HEAD_BYTES - 1]!

/** @param bytes of the whole destination. @returns undefined for what is none */
export function decodeDestination(bytes: Buffer): Destination | undefined {
  if (bytes.length < DESTINATION_HEAD_BYTES || bytes.length !== destinationBytes(bytes)) return undefined
  const [host, port] = [bytes.toString('latin1', DESTINATION_HEAD_BYTES), bytes.readUInt16BE(1)]
  return isHost(host) && isPort(port) ? { host, port } : undefined
}

const isHost = (host: string): boolean => host.length <= MAX_HOST_BYTES && PRINTABLE.test(host)
const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 0xffff
