/** Every backend behaves alike, on loopback. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { Condition } from '../../deadline.js'
import { PATIENCE_MS } from '../../test/harness.js'
import type { Backend, DatagramPort, Endpoint, PortOptions, ReceivedBatch } from '../datagram-port.js'
import { BATCH } from '../datagram-port.js'
import { UdpPortError } from '../errors.js'
import { loadNative } from '../native.js'
import { openPort } from '../open-port.js'

const HEADER_BYTES = 12
const HOST = '127.0.0.1'

interface Got {
  readonly datagram: Buffer
  readonly length: number
  readonly arrivedMs: number
  readonly source: Endpoint
}

/** A port that keeps copies of all incoming datagrams. */
class Keeper {
  readonly got: Got[] = []
  readonly #condition = new Condition()
  port!: DatagramPort

  static async open(backend: Backend, options: Partial<PortOptions> = {}): Promise<Keeper> {
    const keeper = new Keeper()
    const { headerBytes = HEADER_BYTES } = options
    keeper.port = await openPort(
      {
        ...{ host: HOST, port: 0, headerBytes, clock: performance, offload: false },
        onBatch: batch => keeper.#keep(batch, headerBytes),
        ...options,
      },
      backend,
    )
    return keeper
  }

  async holds(count: number): Promise<Got[]> {
    expect(
      await this.#condition.until(() => this.got.length >= count, PATIENCE_MS),
      `${this.got.length} came`,
    ).to.equal(true)
    return this.got
  }

  #keep(batch: ReceivedBatch, headerBytes: number): void {
    const bodyBytes = DATAGRAM_BYTES - headerBytes
    for (let i = 0; i < batch.count; i++) {
      const length = batch.lengths[i]!
      const header = batch.headers.subarray(i * headerBytes, i * headerBytes + Math.min(length, headerBytes))
      const body = batch.body(i).subarray(0, Math.max(0, length - headerBytes))
      const source = batch.source(i)
      expect(batch.isFrom(i, source)).to.equal(true)
      this.got.push({
        datagram: Buffer.concat([header, body.subarray(0, bodyBytes)]),
        length,
        arrivedMs: batch.arrivedMs[i]!,
        source: { host: source.host, port: source.port },
      })
    }
    this.#condition.changed()
  }
}

const native = await loadNative()

for (const backend of ['mmsg', 'dgram'] as const) {
  describe(`datagram port: ${backend}`, () => {
    const open: DatagramPort[] = []

    before(function () {
      if (backend === 'mmsg' && !native) this.skip()
    })

    afterEach(async () => {
      for (const port of open.splice(0)) await port.close()
    })

    async function keeper(options: Partial<PortOptions> = {}): Promise<Keeper> {
      const made = await Keeper.open(backend, options)
      open.push(made.port)
      return made
    }

    const addressOf = (from: Keeper, to: Keeper) => from.port.endpoint(HOST, to.port.facts.port)

    it('delivers datagrams in order, with their source', async () => {
      const [one, other] = [await keeper(), await keeper()]
      const bytes = randomBytes(BATCH * DATAGRAM_BYTES)
      bytes.copy(one.port.staging)
      expect(one.port.sendStaged(BATCH, addressOf(one, other))).to.equal(BATCH)
      const got = await other.holds(BATCH)
      expect(Buffer.concat(got.map(({ datagram }) => datagram)).equals(bytes)).to.equal(true)
      for (const { source } of got) expect(source).to.deep.equal({ host: HOST, port: one.port.facts.port })
      expect(one.port.errors).to.equal(0)
    })

    it('lays headers apart for any length, and tells the length of a datagram that is too long', async () => {
      const [one, other] = [await keeper(), await keeper()]
      const lengths = [0, 1, HEADER_BYTES, HEADER_BYTES + 1, 28, 1199, DATAGRAM_BYTES]
      const sent = lengths.map(length => randomBytes(length))
      for (const datagram of sent) one.port.send(datagram, addressOf(one, other))
      const got = await other.holds(lengths.length)
      expect(got.map(({ length }) => length)).to.deep.equal(lengths)
      for (const [i, { datagram }] of got.entries()) expect(datagram.equals(sent[i]!)).to.equal(true)
      const plain = await keeper({ headerBytes: 0 })
      const { createSocket } = await import('node:dgram')
      const socket = createSocket('udp4')
      await new Promise(done => socket.send(Buffer.alloc(1300), plain.port.facts.port, HOST, done))
      socket.close()
      expect((await plain.holds(1))[0]!.length).to.equal(1300)
    })

    it('bound to all addresses takes and sends both families, and writes each address one way', async () => {
      const all = await keeper({ host: '::' })
      for (const host of [HOST, '::1']) {
        const other = await keeper({ host })
        other.port.send(Buffer.from(`to ${host}`), other.port.endpoint(host, all.port.facts.port))
        const before = all.got.length
        const { source } = (await all.holds(before + 1)).at(-1)!
        expect(source).to.deep.equal({ host, port: other.port.facts.port })
        all.port.send(Buffer.from('back'), all.port.endpoint(source.host, source.port))
        expect((await other.holds(1))[0]!.datagram.toString()).to.equal('back')
      }
    })

    it('recognises an address, and only that one', async () => {
      const [one, other, third] = [await keeper(), await keeper(), await keeper()]
      const seen: boolean[] = []
      const target = await openPort(
        {
          ...{ host: HOST, port: 0, headerBytes: 0, clock: performance, offload: false },
          onBatch: batch => {
            for (let i = 0; i < batch.count; i++) seen.push(batch.isFrom(i, expected))
          },
        },
        backend,
      )
      open.push(target)
      const expected = target.endpoint(HOST, one.port.facts.port)
      for (const from of [one, other, one, third]) {
        const before = seen.length
        from.port.send(randomBytes(20), from.port.endpoint(HOST, target.facts.port))
        while (seen.length === before) await new Promise(resolve => setImmediate(resolve))
      }
      expect(seen).to.deep.equal([true, false, true, false])
    })

    it('forwards datagrams from the batch, shortened or changed in place', async () => {
      const [one, target] = [await keeper(), await keeper()]
      const relay: DatagramPort = await openPort(
        {
          ...{ host: HOST, port: 0, headerBytes: 0, clock: performance, offload: false },
          onBatch: batch => {
            for (let i = 0; i < batch.count; i++) {
              batch.body(i)[0] = 7
              relay.forward(i, batch.lengths[i]! - 1, to)
            }
            relay.flush()
          },
        },
        backend,
      )
      open.push(relay)
      const to = relay.endpoint(HOST, target.port.facts.port)
      const bytes = randomBytes(3 * DATAGRAM_BYTES)
      bytes.copy(one.port.staging)
      one.port.sendStaged(3, one.port.endpoint(HOST, relay.facts.port))
      const got = await target.holds(3)
      for (const [i, { datagram }] of got.entries()) {
        expect(datagram[0]).to.equal(7)
        const original = bytes.subarray(i * DATAGRAM_BYTES + 1, (i + 1) * DATAGRAM_BYTES - 1)
        expect(datagram.subarray(1).equals(original)).to.equal(true)
      }
    })

    it('gives arrival times on the port’s clock that never go back', async () => {
      const [one, other] = [await keeper(), await keeper()]
      const fromMs = performance.now()
      for (let i = 0; i < 100; i++) one.port.send(randomBytes(100), addressOf(one, other))
      const got = await other.holds(100)
      const times = got.map(({ arrivedMs }) => arrivedMs)
      expect(times).to.deep.equal([...times].sort((a, b) => a - b))
      expect(times[0]).to.be.at.least(fromMs - 0.5)
      expect(times.at(-1)).to.be.at.most(performance.now())
    })

    it('makes no datagram older when its process is held up while it reads the clocks', async () => {
      let isHeldUp = false
      const now = () => {
        const ms = performance.now()
        while (isHeldUp && performance.now() < ms + 200);
        isHeldUp = false
        return ms
      }
      const [one, other] = [await keeper(), await keeper({ clock: { now } })]
      const fromMs = performance.now()
      isHeldUp = true
      one.port.send(randomBytes(100), addressOf(one, other))
      const [first] = await other.holds(1)
      expect(isHeldUp).to.equal(false)
      expect(first!.arrivedMs).to.be.at.least(fromMs - 0.5)
    })

    it('reports a port that is in use, and an address of another machine', async () => {
      const one = await keeper()
      const failure = async (options: Partial<PortOptions>) =>
        Keeper.open(backend, options).then(
          () => expect.fail('it opened'),
          (error: Error) => error,
        )
      const inUse = await failure({ port: one.port.facts.port })
      expect(inUse).to.be.instanceOf(UdpPortError).and.include({ code: 'EADDRINUSE' })
      expect(inUse.message).to.include('is in use')
      expect(await failure({ host: '192.0.2.1' })).to.include({ code: 'EADDRNOTAVAIL' })
    })

    it('counts datagrams that cannot be sent, and sends the rest', async () => {
      const [one, other] = [await keeper(), await keeper()]
      one.port.send(randomBytes(20), one.port.endpoint('255.255.255.255', 9)) // no broadcast without leave
      one.port.send(randomBytes(20), addressOf(one, other))
      await other.holds(1)
      expect(one.port.errors).to.equal(1)
    })

    it('speaks IPv6', async () => {
      const [one, other] = [await keeper({ host: '::1' }), await keeper({ host: '::1' })]
      const datagram = randomBytes(1200)
      one.port.send(datagram, one.port.endpoint('0:0:0:0:0:0:0:1', other.port.facts.port))
      const [got] = await other.holds(1)
      expect(got!.datagram.equals(datagram)).to.equal(true)
      expect(got!.source).to.deep.equal({ host: '::1', port: one.port.facts.port })
    })

    it('closes twice without harm, and frees its number at once', async () => {
      const one = await Keeper.open(backend)
      await Promise.all([one.port.close(), one.port.close()])
      await one.port.close()
      await keeper({ port: one.port.facts.port })
    })
  })
}

describe('kernel timestamps', () => {
  it('tell when a datagram arrived, not when the thread read it', async function () {
    if (!native) this.skip()
    const keeper = await Keeper.open('mmsg')
    const { port } = keeper
    try {
      // The kernel begins to stamp a moment after a first socket has asked for it. Until then it gives the time of reading.
      for (let tries = 1; ; tries++) {
        const fromMs = performance.now()
        port.send(randomBytes(100), port.endpoint(HOST, port.facts.port))
        const toMs = performance.now()
        while (performance.now() < toMs + 20) {
          // The thread is busy, so it reads nothing.
        }
        port.receive()
        expect(keeper.got).to.have.length(tries)
        const { arrivedMs } = keeper.got.at(-1)!
        if (arrivedMs > toMs + 0.5 && tries < 20) continue
        expect(arrivedMs).to.be.within(fromMs - 0.5, toMs + 0.5)
        return
      }
    } finally {
      await port.close()
    }
  })
})
