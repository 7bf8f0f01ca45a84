/** A full receive buffer is counted, and nothing else is. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Condition } from '../../deadline.js'
import { BACKENDS, HOST, PATIENCE_MS } from '../../test/harness.js'
import { BATCH } from '../datagram-port.js'
import { loadNative } from '../native.js'
import { openPort } from '../open-port.js'
import { dropsIn, fullBuffersIn, Overruns } from '../overruns.js'

/** More than the largest buffer holds. */
const FLOOD = 40_000

describe('overruns', () => {
  for (const backend of BACKENDS) {
    it(`of a ${backend} port are the datagrams that came in and were never handed over`, async function () {
      if (!(await loadNative())) this.skip() // only batches flood a port before it can read
      const spec = { host: HOST, port: 0, headerBytes: 0, clock: performance, offload: false }
      const condition = new Condition()
      let received = 0
      const onBatch = ({ count }: { readonly count: number }) => {
        received += count
        condition.changed()
      }
      const [flooder, flooded] = [await openPort(spec), await openPort({ ...spec, onBatch }, backend)]
      try {
        expect(flooded.overruns).to.equal(0)
        const to = flooder.endpoint(HOST, flooded.facts.port)
        let sent = 0
        // Without a turn of the event loop, the flooded port cannot read.
        for (let batches = 0; batches < FLOOD / BATCH; batches++) sent += flooder.sendStaged(BATCH, to)
        expect(flooded.overruns).to.be.greaterThan(0)
        expect(flooder.errors).to.equal(0)
        expect(await condition.until(() => received + flooded.overruns >= sent, PATIENCE_MS)).to.equal(true)
        expect(received + flooded.overruns).to.equal(sent)
        expect(flooder.overruns, 'the port that sent').to.equal(0)
      } finally {
        await flooder.close()
        await flooded.close()
      }
      expect(flooded.overruns, 'after the port is closed').to.be.greaterThan(0)
    })
  }

  it('are not the datagrams with a wrong checksum, which a provider could send to look blameless', () => {
    const [drops, full] = [{ now: 7 }, { now: 3 }]
    const overruns = new Overruns(
      () => drops.now,
      () => full.now,
    )
    drops.now += 1000
    expect(overruns.count).to.equal(0)
    drops.now += 1000
    full.now += 10
    expect(overruns.count).to.equal(10)
  })

  it('are at most what the socket dropped, however full others’ buffers are, and never get fewer', () => {
    const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 50 })
    fc.assert(
      fc.property(steps, increases => {
        const [drops, full] = [{ now: 0 }, { now: 0 }]
        const overruns = new Overruns(
          () => drops.now,
          () => full.now,
        )
        let before = 0
        for (const [dropped, filled] of increases) {
          drops.now += dropped
          full.now += filled
          const count = overruns.count
          expect(count).to.be.within(before, Math.min(drops.now, full.now))
          before = count
        }
      }),
    )
  })

  it('are read from the kernel’s own tables', () => {
    const head =
      '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops'
    const line = (address: string, drops: number) =>
      ` 1275: ${address} 00000000:0000 07 00000000:00003F00 00:00000000 00000000     0        0 559399 2 00000000f421314e ${drops}       `
    const table = [head, line('0100007F:0FA0', 193), line('0100007F:10FA', 5), line('00000000:0FA0', 7), ''].join('\n')
    expect(dropsIn(table, 4000)).to.equal(200)
    expect(dropsIn(table, 4346)).to.equal(5)
    expect(dropsIn(table, 250), 'a port whose digits end another’s').to.equal(0)
    expect(dropsIn('', 4000), 'another system').to.equal(0)
    const snmp = 'Ip: Forwarding\nIp: 1\nUdp: InErrors RcvbufErrors InCsumErrors MemErrors\nUdp: 99 6 90 3\n'
    expect(fullBuffersIn(snmp)).to.equal(9)
    expect(
      fullBuffersIn('Ip6InReceives\t12\nUdp6RcvbufErrors   \t11\nUdp6InCsumErrors\t500\nUdp6MemErrors\t2\n'),
    ).to.equal(13)
    expect(fullBuffersIn('')).to.equal(0)
  })
})
