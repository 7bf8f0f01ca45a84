/** What strangers cost an exit who open streams, name destinations and go away: a name server and a host that never answer. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { encodeDestination, REPLY } from '../../core/destination.js'
import { Connecting } from '../connecting.js'
import { ExitSession, type ExitSessionModules } from '../exit-session.js'
import { newExitStats } from '../exit-stats.js'
import { type Resolve, resolveAt } from '../names.js'
import { Reaching } from '../reaching.js'

const MOST_OF_TUNNEL = 64
const TUNNELS_OF_ALL = 16

/** What a client has sent of a stream that it leaves open. */
class OpenStream extends Duplex {
  readonly answer = Promise.withResolvers<number>()

  constructor(host: string) {
    super()
    this.push(encodeDestination({ host, port: 443 }))
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.answer.resolve(bytes[0]!)
    done()
  }
}

describe('an exit that waits for destinations', () => {
  let server: UdpSocket
  let queries: number
  /** look-ups that have not ended */
  let pending: number
  let resolve: Resolve
  const streams: OpenStream[] = []

  beforeEach(async () => {
    queries = 0
    pending = 0
    server = createSocket('udp4', () => queries++)
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const ask = resolveAt([`127.0.0.1:${server.address().port}`])
    resolve = async (host, over) => {
      pending++
      return ask(host, over).finally(() => pending--)
    }
  })
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.destroy()
    await until(() => pending === 0)
    server.close()
  })

  async function until(holds: () => boolean) {
    while (!holds()) await turn()
  }
  function tunnel(): ExitSession {
    const unused = {} as Pick<ExitSessionModules, 'payments' | 'voucherSigner' | 'clock'>
    return new ExitSession({
      ...unused,
      stats: newExitStats(),
      reaching: new Reaching([], resolve),
      onUnpaid: () => {},
    })
  }
  function open(at: ExitSession, host = 'tarpit.example'): OpenStream {
    const stream = new OpenStream(host)
    streams.push(stream)
    void at.serve(stream)
    return stream
  }

  it('attack: streams that name a host and are reset leave nothing behind, however many', async () => {
    const at = tunnel()
    for (let i = 0; i < 5 * MOST_OF_TUNNEL; i++) {
      const stream = open(at, `name-${i}.example`)
      await until(() => pending === 1)
      stream.destroy()
      await until(() => pending === 0)
    }
    const last = open(at)
    await until(() => pending === 1)
    expect(last.writableLength, 'no answer yet').to.equal(0)
  })

  it('attack: a tunnel that names many hosts at once is refused some, and no other tunnel is', async () => {
    const at = tunnel()
    const first = Array.from({ length: MOST_OF_TUNNEL }, () => open(at))
    await until(() => pending === MOST_OF_TUNNEL)
    expect(await open(at).answer.promise).to.equal(REPLY.failed)
    open(tunnel())
    await until(() => pending === MOST_OF_TUNNEL + 1)
    first[0]!.destroy()
    await until(() => pending === MOST_OF_TUNNEL)
    open(at)
    await until(() => pending === MOST_OF_TUNNEL + 1)
  })

  it('attack: all tunnels together are refused some', async () => {
    for (let i = 0; i < TUNNELS_OF_ALL; i++) {
      const at = tunnel()
      for (let j = 0; j < MOST_OF_TUNNEL; j++) open(at)
    }
    await until(() => pending === TUNNELS_OF_ALL * MOST_OF_TUNNEL)
    expect(await open(tunnel()).answer.promise).to.equal(REPLY.failed)
  })

  it('attack: a host that does not answer is given up with the stream', async () => {
    const worker = new Worker(DEAF, { eval: true })
    const [port] = (await once(worker, 'message')) as [number]
    const waiting = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    await once(waiting[0]!, 'connect')
    const connecting = new Connecting(new Reaching([{ network: '127.0.0.1', prefix: 32, port }]))
    const over = new AbortController()
    const answers = Array.from({ length: 8 }, () => connecting.to({ host: '127.0.0.1', port }, over.signal))
    await turn()
    over.abort()
    for (const answer of await Promise.all(answers)) expect(answer).to.equal(REPLY.failed)
    for (const socket of waiting) socket.destroy()
    await worker.terminate()
  })

  it('resolves a name to addresses of both families in turns', async () => {
    server.on('message', (query, { port }) => server.send(answerTo(query), port, '127.0.0.1'))
    expect(await resolve('both.example', new AbortController().signal)).to.deep.equal(['192.0.2.1', '::1', '192.0.2.2'])
  })

  it('resolves no name whose servers do not answer in time, and asks again before', async () => {
    const over = new AbortController()
    const found = resolve('tarpit.example', over.signal).catch((error: Error) => error.message)
    await until(() => queries >= 3) // both families, and one of them again
    over.abort()
    expect(await found).to.equal('tarpit.example has no address')
  })
})

/** Two addresses of IPv4, or one of IPv6 (RFC 1035, section 4.1). */
function answerTo(query: Buffer): Buffer {
  const questionEnd = query.indexOf(0, 12) + 5
  const isIpv4 = query.readUInt16BE(questionEnd - 4) === 1
  const addresses = isIpv4 ? [Buffer.of(192, 0, 2, 1), Buffer.of(192, 0, 2, 2)] : [Buffer.alloc(16).fill(1, 15)]
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt16BE(0, 10) // no additional records
  const records = addresses.map(bytes => {
    const record = Buffer.alloc(12) // its name is that of the question
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(isIpv4 ? 1 : 28, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt16BE(bytes.length, 10)
    return Buffer.concat([record, bytes])
  })
  return Buffer.concat([head, query.subarray(12, questionEnd), ...records])
}

/** Listens, has room for two connections that nobody has accepted, and accepts none. */
const DEAF = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
`
