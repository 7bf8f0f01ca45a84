/** Ports with segmentation offload, on loopback: the kernel hands over a train in one message. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { expect } from 'chai'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { Condition } from '../../deadline.js'
import { PATIENCE_MS } from '../../test/harness.js'
import { BATCH, type DatagramPort, type ReceivedBatch } from '../datagram-port.js'
import { UdpPortError } from '../errors.js'
import { MmsgPort } from '../mmsg-port.js'
import { loadNative, type Native } from '../native.js'
import { openPort } from '../open-port.js'
import { TrainSender } from './fixtures/trains.js'

const HOST = '127.0.0.1'
const TRAIN = 52

const native = await loadNative()

/** The datagrams of a train. */
const cut = (bytes: Buffer, step: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => bytes.subarray(i * step, (i + 1) * step))

describe('segmentation offload', () => {
  const open: { close(): unknown }[] = []

  before(function () {
    if (!native) this.skip()
  })

  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })

  async function portOf(offload: boolean, onBatch: (batch: ReceivedBatch) => void): Promise<DatagramPort> {
    const port = await openPort({ host: HOST, port: 0, headerBytes: 0, clock: performance, offload, onBatch }, 'mmsg')
    open.push(port)
    return port
  }

  /** A port that keeps what comes. */
  async function keeper(offload: boolean) {
    const got: { datagram: Buffer; arrivedMs: number; port: number }[] = []
    const condition = new Condition()
    const port = await portOf(offload, batch => {
      for (let i = 0; i < batch.count; i++) {
        const source = batch.source(i)
        expect(batch.isFrom(i, source)).to.equal(true)
        const datagram = Buffer.from(batch.body(i).subarray(0, batch.lengths[i]!))
        got.push({ datagram, arrivedMs: batch.arrivedMs[i]!, port: source.port })
      }
      condition.changed()
    })
    const holds = async (count: number): Promise<Buffer[]> => {
      expect(await condition.until(() => got.length >= count, PATIENCE_MS), `${got.length} came`).to.equal(true)
      return got.map(({ datagram }) => datagram)
    }
    return { port, got, holds }
  }

  /** A port that forwards what comes, with the bytes that `change` leaves. */
  async function relayTo(target: DatagramPort, change: (batch: ReceivedBatch, i: number) => void = () => {}) {
    const relay = await portOf(true, batch => {
      for (let i = 0; i < batch.count; i++) {
        change(batch, i)
        relay.forward(i, batch.lengths[i]!, to)
      }
      relay.flush()
    })
    const to = relay.endpoint(HOST, target.facts.port)
    return relay
  }

  function trains(): TrainSender {
    const sender = new TrainSender(native!)
    open.push(sender)
    return sender
  }

  it('takes a train apart, and gives its datagrams one time', async () => {
    const { port, got, holds } = await keeper(true)
    const bytes = randomBytes(TRAIN * DATAGRAM_BYTES)
    trains().send(bytes, DATAGRAM_BYTES, port.facts.port)
    expect(await holds(TRAIN)).to.deep.equal(cut(bytes, DATAGRAM_BYTES))
    expect(new Set(got.map(({ arrivedMs }) => arrivedMs)).size).to.equal(1)
    expect(new Set(got.map(({ port }) => port)).size).to.equal(1)
  })

  for (const [what, step, bytes] of [
    ['a train with a shorter last datagram', DATAGRAM_BYTES, 10 * DATAGRAM_BYTES + 300],
    ['a train of datagrams of another length', 700, 20 * 700 + 36],
    ['more datagrams than a queue holds', 300, 100 * 300],
    ['one datagram', DATAGRAM_BYTES, DATAGRAM_BYTES],
  ] as const) {
    it(`forwards ${what}, byte for byte`, async () => {
      const target = await keeper(false)
      const relay = await relayTo(target.port)
      const train = randomBytes(bytes)
      trains().send(train, step, relay.facts.port)
      const sent = cut(train, step)
      expect(await target.holds(sent.length)).to.deep.equal(sent)
      expect(relay.errors).to.equal(0)
    })
  }

  it('forwards trains of different lengths, and what is changed in place', async () => {
    const target = await keeper(false)
    const relay = await relayTo(target.port, (batch, i) => batch.body(i).fill(7, 0, 2))
    const sender = trains()
    const sent = [DATAGRAM_BYTES, 500, 28, DATAGRAM_BYTES].flatMap(step => {
      const train = randomBytes(30 * step + 20)
      sender.send(train, step, relay.facts.port)
      return cut(train, step)
    })
    const expected = sent.map(datagram => Buffer.concat([Buffer.of(7, 7), datagram.subarray(2)]))
    expect(await target.holds(sent.length)).to.deep.equal(expected)
  })

  it('sends one by one where the way takes no trains', async () => {
    const target = await keeper(false)
    let refused = 0
    const picky: Native = {
      ...native!,
      sendmmsg: (...call) => (++refused === 1 ? -1 : native!.sendmmsg(...call)),
      errno: () => (refused === 1 ? constants.errno.EIO : native!.errno()),
    }
    const port = new MmsgPort(picky, { host: HOST, port: 0, headerBytes: 0, clock: performance, offload: true })
    open.push(port)
    const bytes = randomBytes(BATCH * DATAGRAM_BYTES)
    bytes.copy(port.staging)
    expect(port.sendStaged(BATCH, port.endpoint(HOST, target.port.facts.port))).to.equal(BATCH)
    expect(await target.holds(BATCH)).to.deep.equal(cut(bytes, DATAGRAM_BYTES))
    expect(port.errors).to.equal(0)
  })

  it('is refused, with what to do, where the system does not have it', async () => {
    const options = { host: HOST, port: 0, headerBytes: 0, clock: performance, offload: true }
    const old: Native = {
      ...native!,
      setsockopt: (fd, level, ...rest) => (level === 17 ? -1 : native!.setsockopt(fd, level, ...rest)),
    }
    const refusal = { code: 'ENOPROTOOPT' }
    expect(() => new MmsgPort(old, options))
      .to.throw(UdpPortError, /start without --offload/)
      .and.include(refusal)
    const error = await openPort(options, 'dgram').catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(UdpPortError).and.include(refusal)
  })
})
