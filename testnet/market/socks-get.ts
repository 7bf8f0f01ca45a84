/** Loads a page through a SOCKS5 proxy, byte by byte as RFC 1928 says, with nothing of ours in between. */
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { ByteReader } from '../../market/core/byte-reader.js'

export interface Loaded {
  readonly bytes: number
  readonly sha256: string
}

/** @param onBytes hears of all bytes so far. @throws Error with the proxy's reply if it is not 0 */
export async function socksGet(
  proxyPort: number,
  url: URL,
  onBytes: (bytes: number) => void = () => {},
): Promise<Loaded> {
  const { socket, reader, take } = await socksConnect(proxyPort, url)
  try {
    socket.write(getRequest(url))
    let head = ''
    while (!head.endsWith('\r\n\r\n')) head += (await take(1)).toString('latin1')
    reader.release()
    const hash = createHash('sha256')
    let bytes = 0
    for await (const part of socket as AsyncIterable<Buffer>) {
      hash.update(part)
      bytes += part.length
      onBytes(bytes)
    }
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    socket.destroy()
  }
}

export const getRequest = (url: URL): string =>
  `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`

/** Of a connection through the proxy, of which nothing is read yet. */
export interface SocksConnection {
  readonly socket: Socket
  readonly reader: ByteReader
  /** @throws Error if the connection ends before */
  readonly take: (length: number) => Promise<Buffer>
}

/** @throws Error with the proxy's reply if it is not 0 */
export async function socksConnect(proxyPort: number, url: URL): Promise<SocksConnection> {
  const socket = connect({ host: '127.0.0.1', port: proxyPort, allowHalfOpen: true })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  socket.once('error', failed.reject)
  const reader = new ByteReader(socket)
  const take = async (length: number) => {
    const bytes = await Promise.race([reader.take(length), failed.promise])
    if (bytes === undefined) throw new Error('the proxy closed the connection')
    return bytes
  }
  try {
    socket.write(Uint8Array.of(5, 1, 0))
    await take(2)
    const [host, port] = [Buffer.from(url.hostname), Buffer.alloc(2)]
    port.writeUInt16BE(Number(url.port))
    socket.write(Buffer.concat([Uint8Array.of(5, 1, 0, 3, host.length), host, port]))
    const reply = (await take(10))[1]
    if (reply !== 0) throw new Error(`SOCKS reply ${reply}`)
    return { socket, reader, take }
  } catch (error) {
    socket.destroy()
    throw error
  }
}
