/** The lab's parts that need no network. */
import { expect } from 'chai'
import fc from 'fast-check'
import { monotonicMs } from '../../../probe/plane/clock.js'
import { Curve } from '../curve.js'
import { delayedPair } from '../delayed-streams.js'
import { readIperf3 } from '../iperf3.js'
import { sentBy } from '../link-counter.js'
import { LinkModel } from '../link-model.js'
import { ipBytes, readFilter, tokenBucketFilter } from '../shaper.js'
import { overrunsIn } from '../socket-overruns.js'

describe('lab', () => {
  it('has streams that delay messages, and end when every sent message has been read', async () => {
    for (const delayMs of [0, 5]) {
      const [one, other] = delayedPair(delayMs, '127.0.0.1')
      const message = Uint8Array.of(1)
      const fromMs = monotonicMs()
      await one.send(message)
      message[0] = 2 // the sender may use its buffer again
      expect(await other.receive()).to.deep.equal(Uint8Array.of(1))
      expect(monotonicMs() - fromMs).to.be.at.least(delayMs)
      await other.send(Uint8Array.of(3))
      await other.close()
      expect(await one.receive()).to.deep.equal(Uint8Array.of(3))
      expect(await one.receive()).to.equal(undefined)
      expect(await other.send(message).catch(error => error.message)).to.equal('the stream is closed')
    }
  })

  describe('curve', () => {
    const curve = new Curve()
    for (const [ms, bytes] of [
      [10, 0],
      [20, 1000],
      [40, 1000],
      [50, 2000],
    ] as const) {
      curve.push(ms, bytes)
    }

    it('reads evenly between two looks, and the nearest value outside all looks', () => {
      expect([0, 10, 15, 20, 30, 45, 50, 99].map(ms => curve.bytesAt(ms))).to.deep.equal([
        0, 0, 500, 1000, 1000, 1500, 2000, 2000,
      ])
    })

    it('gives rates in kbit/s', () => {
      expect(curve.rateKbps(10, 20)).to.equal(800)
      expect(curve.rateKbps(10, 50)).to.equal(400)
      expect(curve.rateKbps(50, 50)).to.equal(0)
    })

    it('finds the look before a rise', () => {
      expect(curve.riseMs(0, 500)).to.equal(10)
      expect(curve.riseMs(20, 1)).to.equal(40)
      expect(curve.riseMs(25, 1)).to.equal(40)
      expect(curve.riseMs(10, 2001)).to.equal(undefined)
    })

    it('holds no bytes before the first look', () => expect(new Curve().bytesAt(5)).to.equal(0))
  })

  describe('shaper', () => {
    it('adds the link layer to the rate, and gives a burst and a queue', () => {
      const option = (rateKbps: number, name: string) => {
        const argv = tokenBucketFilter(rateKbps)
        return argv[argv.indexOf(name) + 1]!
      }
      expect(option(100_000, 'rate')).to.equal(`${Math.round((100e6 * 1242) / 1228)}bit`)
      expect(Number(option(1_000_000, 'burst'))).to.be.at.least(256_000)
      expect(Number(option(1000, 'burst'))).to.be.at.least(2 * 1242)
      expect(Number(option(100_000, 'limit')) - Number(option(100_000, 'burst'))).to.be.closeTo(632_000, 1000)
    })

    it('reads its counter without the link layer', () => {
      const json = '[{"kind":"tbf","bytes":12420,"packets":10,"drops":3,"overlimits":9,"backlog":0,"qlen":0}]'
      expect(readFilter(json)).to.deep.equal({ bytes: 12_420, packets: 10, drops: 3 })
      expect(ipBytes(readFilter(json))).to.equal(12_280)
    })

    it('reads the counter of a device', () => {
      const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       1       2    0    0    0     0          0         0        3       4    0    0    0     0       0          0
   hub:12345678  100000    0    0    0     0          0         0 87654321  200000    0    0    0     0       0          0
`
      expect(sentBy(table, 'hub')).to.deep.equal({ bytes: 87_654_321, packets: 200_000 })
      expect(() => sentBy(table, 'eth0')).to.throw('no device eth0')
    })
  })

  it('reads how many datagrams sockets had no room for', () => {
    const table = `Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
Udp: 10 0 7 20 6 0
UdpLite: InDatagrams RcvbufErrors
UdpLite: 1 2
`
    expect(overrunsIn(table)).to.equal(6)
  })

  it('a modelled link never carries more than its rate, and carries its whole rate while it is busy', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1_000_000 }),
        fc.array(
          fc.record({ gapMs: fc.double({ min: 0, max: 20, noNaN: true }), bytes: fc.integer({ min: 28, max: 1228 }) }),
        ),
        (rateKbps, datagrams) => {
          const link = new LinkModel(rateKbps)
          let nowMs = 0
          let lastMs = 0
          for (const { gapMs, bytes } of datagrams) {
            nowMs += gapMs
            const leavesMs = link.leavesMs(bytes, nowMs)
            if (leavesMs === undefined) expect(lastMs - nowMs).to.be.greaterThan(50)
            else {
              expect(leavesMs).to.be.closeTo(Math.max(nowMs, lastMs) + (bytes * 8) / rateKbps, 1e-6)
              lastMs = leavesMs
            }
          }
        },
      ),
    )
  })

  it('reads the rates of iperf3 at the IP layer', () => {
    const sum = (bytes: number, seconds: number) => ({ bytes, seconds, bits_per_second: (bytes * 8) / seconds })
    const sent = { intervals: [], end: { sum_sent: sum(1_200_000, 2), sum_received: sum(1_080_000, 2) } }
    const received = { intervals: [{ sum: sum(300_000, 0.5) }, { sum: sum(240_000, 0.5) }], end: sent.end }
    const udp = readIperf3(sent, received, 'udp')
    expect(udp.readingKbps).to.be.closeTo(4320 * (1228 / 1200), 1e-6)
    expect(udp.bytes).to.be.closeTo(1_228_000, 1e-6)
    expect(udp.intervalsKbps.map(Math.round)).to.deep.equal([4912, 3930])
    expect(readIperf3(sent, received, 'tcp').readingKbps).to.be.closeTo(4320 * (1500 / 1448), 1e-6)
  })
})
