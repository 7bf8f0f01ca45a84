/** Connections of applications that go away before they are served. */
import { once } from 'node:events'
import { connect as connectTo, type Socket } from 'node:net'
import { expect } from 'chai'
import { type Connect, type ProxyServer, serveHttp, serveSocks } from '../proxies.js'

const HOST = '127.0.0.1'
const LISTEN = { host: HOST, port: 0 }
const GREETING = Uint8Array.of(5, 1, 0)
/** To 192.0.2.1:80. */
const REQUEST = Uint8Array.of(5, 1, 0, 1, 192, 0, 2, 1, 0, 80)
const CONNECT = 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n'

describe('the proxies', () => {
  const closers: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  const never: Connect = () => new Promise(() => {})
  async function opened(opening: Promise<ProxyServer>): Promise<ProxyServer> {
    const proxy = await opening
    closers.push(() => proxy.close())
    return proxy
  }
  /** Its end and the proxy's are apart, as those of a socket that leaks. */
  async function application({ port }: ProxyServer): Promise<Socket> {
    const socket = connectTo({ host: HOST, port, allowHalfOpen: true })
    closers.push(() => socket.destroy())
    socket.on('error', () => {}).resume()
    await once(socket, 'connect')
    return socket
  }

  it('attack: keep no socket of an application that ends before its request', async () => {
    const proxy = await opened(serveSocks(LISTEN, never, async () => {}))
    for (const said of [Uint8Array.of(), GREETING.subarray(0, 1), GREETING, REQUEST.subarray(0, 4)]) {
      const socket = await application(proxy)
      socket.end(said)
      await once(socket, 'close')
    }
  })

  it('attack: keep no socket of an application that says nothing', async () => {
    const proxy = await opened(serveSocks(LISTEN, never, async () => {}, 20))
    await once(await application(proxy), 'end')
  })

  it('leave an application alone that has named its destination', async () => {
    const asked = Promise.withResolvers<void>()
    const waits: Connect = () => {
      asked.resolve()
      return new Promise(() => {})
    }
    const proxy = await opened(serveSocks(LISTEN, waits, async () => {}, 50))
    const socket = await application(proxy)
    let isClosed = false
    socket.once('close', () => {
      isClosed = true
    })
    socket.write(GREETING)
    socket.end(REQUEST)
    await asked.promise
    await once(await application(proxy), 'end') // which began later, and was too late
    expect(isClosed).to.equal(false)
  })

  for (const [name, serve, request] of [
    ['SOCKS5', serveSocks, Buffer.concat([GREETING, REQUEST])],
    ['HTTP', serveHttp, CONNECT],
  ] as const)
    it(`tell that nobody waits any more if an application closes meanwhile, by ${name}`, async () => {
      const asked = Promise.withResolvers<AbortSignal>()
      const waits: Connect = (_destination, gone) => {
        asked.resolve(gone)
        return new Promise(() => {})
      }
      const socket = await application(await opened(serve(LISTEN, waits, async () => {})))
      socket.write(request)
      const gone = await asked.promise
      expect(gone.aborted).to.equal(false)
      socket.resetAndDestroy()
      if (!gone.aborted) await once(gone, 'abort')
    })
})
