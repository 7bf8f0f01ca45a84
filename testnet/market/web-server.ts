/** A page of many bytes, which follow from a seed, for clients to load. */
import { createCipheriv, createHash } from 'node:crypto'
import { createServer } from 'node:http'

export interface WebServer {
  readonly url: URL
  readonly bytes: number
  readonly sha256: string
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** @param seed any text */
export async function startWebServer(bytes: number, seed: string): Promise<WebServer> {
  const key = createHash('sha256').update(seed).digest()
  const page = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': page.length })
    response.end(page)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, resolve)
  })
  const { port } = server.address() as { readonly port: number }
  return {
    url: new URL(`http://${HOST}:${port}/`),
    bytes,
    sha256: createHash('sha256').update(page).digest('hex'),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
