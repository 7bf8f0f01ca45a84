/** A process under conditions, between two servers: `a` is behind a link that changes, `b` shows what is over by now. */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import type { Listening } from '../../conditions/condition-messages.js'
import { Conditions } from '../../conditions/conditions.js'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'
import type { NodeProcess } from '../../process/spawn.js'
import { Partition, SlowLink } from '../links.js'
import { SteppedClock } from '../stepped-clock.js'

const WAIT_MS = 180_000
const TALKER = entryPoint(import.meta.url, './fixtures/talker-main.js')

describe('a process under conditions', () => {
  let servers: Server[]
  let conditions: Conditions
  let child: ChildProcess
  let heard: Listening[]

  beforeEach(async () => {
    servers = ['a', 'b'].map(() => createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1'))
    await Promise.all(servers.map(server => once(server, 'listening')))
    conditions = new Conditions()
    heard = []
    for (const [i, name] of ['a', 'b'].entries()) {
      const { onMessage } = conditions.apply({ name, argv: TALKER, logPath: '', readyTimeoutMs: 0 })
      conditions.attach(name, { send: () => {} } as unknown as NodeProcess)
      onMessage!({ listening: portOf(i) })
    }
  })
  afterEach(async () => {
    await child.end()
    for (const server of servers) server.close()
  })

  const portOf = (i: number) => (servers[i]!.address() as AddressInfo).port
  const order = (...what: unknown[]) => child.write(`${JSON.stringify(what)}\n`)
  const said = async (...what: unknown[]) => {
    const answer = JSON.parse(await child.line(WAIT_MS)) as unknown[]
    expect(answer.slice(0, what.length)).to.deep.equal(what)
    return answer
  }

  function start(): void {
    const { argv, env, onMessage } = conditions.apply({ name: 'c', argv: TALKER, logPath: '', readyTimeoutMs: 0 })
    const options = { name: 'the talker', argv, env: env ?? {}, ipc: 'json', input: 'pipe', farewell: 'close-input' }
    child = ChildProcess.start(options as Parameters<typeof ChildProcess.start>[0])
    child.forEachMessage(message => {
      heard.push(message as Listening)
      onMessage!(message)
    })
    conditions.attach('c', child as unknown as NodeProcess)
  }

  async function connected(i: number): Promise<Socket> {
    const accepted = once(servers[i]!, 'connection')
    order('connect', portOf(i))
    await said('connected', portOf(i))
    const [socket] = (await accepted) as [Socket]
    return socket.setEncoding('utf8').on('error', () => {})
  }

  /** All that a cut link could have let through has come by then. */
  async function roundTrip(b: Socket): Promise<void> {
    order('write', portOf(1), 'ping')
    await once(b, 'data')
    b.write('pong')
    await said('got', portOf(1), 'pong')
  }

  it('has its clock from the first instant, and follows each step, while other clocks stay', async () => {
    const hour = 3_600_000
    const behind = new SteppedClock(conditions, ['c'], -hour)
    await behind.begin()
    start()
    const read = async () => {
      const before = Date.now()
      order('clock')
      const [, now, date, fixed, monotonic] = (await said('clock')) as [string, number, string, number, number]
      const after = Date.now()
      expect(fixed).to.equal(7)
      expect(Date.parse(date) - now).to.be.within(0, 1000)
      expect(monotonic).to.be.within(before - 1000, after + 1000)
      return [now - before, now - after] as const
    }
    const [most, least] = await read()
    expect(-hour).to.be.within(least, most)
    await behind.end()
    for (let [up] = await read(); up < 0; [up] = await read()) {}
  })

  it('holds all bytes of a cut link, both ways, and lets them pass in order when it heals', async () => {
    start()
    const [a, b] = [await connected(0), await connected(1)]
    const partition = new Partition(conditions, ['a'])
    await partition.begin()
    await roundTrip(b)
    let received = ''
    a.on('data', text => {
      received += text
    })
    const texts = Array.from({ length: 40 }, (_, i) => `${i} `.repeat(20_000))
    for (const text of texts) order('write', portOf(0), text)
    a.write('from the other side')
    await roundTrip(b)
    expect(received).to.equal('')
    await partition.end()
    await said('got', portOf(0), 'from the other side')
    while (received.length < texts.join('').length) await once(a, 'data')
    expect(received === texts.join('')).to.equal(true)
    a.end()
    await said('closed', portOf(0))
  })

  it('opens no connection over a cut link, and opens it when the link heals', async () => {
    const partition = new Partition(conditions, ['c', 'b'])
    await partition.begin()
    start()
    let accepted = 0
    servers[0]!.on('connection', () => accepted++)
    order('connect', portOf(0))
    order('write', portOf(0), 'early')
    await roundTrip(await connected(1))
    expect(accepted).to.equal(0)
    const connection = once(servers[0]!, 'connection')
    await partition.end()
    await said('connected', portOf(0))
    const [a] = (await connection) as [Socket]
    expect(String(await once(a, 'data'))).to.equal('early')
  })

  it('tells nobody over a cut link that it has closed, nor hears it', async () => {
    start()
    const [a, b] = [await connected(0), await connected(1)]
    const partition = new Partition(conditions, ['a'])
    await partition.begin()
    await roundTrip(b)
    let isClosed = false
    a.resume().on('close', () => {
      isClosed = true
    })
    order('destroy', portOf(0))
    await said('closed', portOf(0))
    await roundTrip(b)
    expect(isClosed).to.equal(false)
    const closed = once(a, 'close')
    await partition.end()
    await closed
  })

  it('hears nothing of an end on the other side of a cut link', async () => {
    start()
    const [a, b] = [await connected(0), await connected(1)]
    const partition = new Partition(conditions, ['a'])
    await partition.begin()
    await roundTrip(b)
    a.resetAndDestroy()
    await roundTrip(b)
    await partition.end()
    await said('closed', portOf(0), true)
  })

  it('takes the delay of a slow link each way', async () => {
    const delayMs = 60
    await new SlowLink(conditions, ['a'], delayMs).begin()
    start()
    const a = await connected(0)
    a.on('data', () => a.write('pong'))
    const beganMs = performance.now()
    for (let i = 0; i < 3; i++) {
      order('write', portOf(0), 'ping')
      await said('got', portOf(0), 'pong')
    }
    expect(performance.now() - beganMs).to.be.above(3 * 2 * delayMs)
  })

  it('tells at which ports it listens', async () => {
    start()
    order('listen')
    while (heard.length === 0) await pause(10)
    expect(heard[0]!.listening).to.be.above(0)
  })
})
