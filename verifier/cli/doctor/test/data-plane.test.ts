/** The sockets of this machine, as the doctor sees them. */
import { expect } from 'chai'
import type { Backend } from '../../../../probe/index.js'
import { systemClock } from '../../../../probe/index.js'
import { loadNative } from '../../../../probe/io/native.js'
import { openPort } from '../../../../probe/io/open-port.js'
import { loopbackSpeed } from '../../../node/loopback-speed.js'
import { backendFinding, bufferFinding, limitFinding, linkFinding, speedFinding } from '../data-plane.js'
import { offloadFinding } from '../offload.js'

const NEED = { rateKbps: 100_000, what: 'the registered capacity', less: 'capacity RATE' }
const LINUX_DEFAULT_BYTES = 212_992

describe('the doctor on the data plane', () => {
  /** Facts of a real port. One that only sends keeps the system's default buffer. */
  async function factsOf(backend: Backend | undefined, receives: boolean) {
    const onBatch = receives ? () => {} : undefined
    const port = await openPort(
      { host: '127.0.0.1', port: 0, headerBytes: 20, offload: false, clock: systemClock, onBatch },
      backend,
    )
    await port.close()
    return port.facts
  }

  it('finds dgram instead of mmsg, and says how to get mmsg', async () => {
    const finding = backendFinding(await factsOf('dgram', true), 'linux')
    expect(finding).to.include({ subject: 'data plane', grade: 'warning' })
    expect(finding.advice).to.include('koffi')
    expect(backendFinding(await factsOf('dgram', true), 'darwin').advice).to.include('on Linux')
    if ((await loadNative()) === undefined) return
    expect(backendFinding(await factsOf('mmsg', true)).grade).to.equal('good')
  })

  it('finds a socket buffer of 212,992 bytes', async () => {
    const facts = (await loadNative()) ? await factsOf('mmsg', false) : { receiveBufferBytes: LINUX_DEFAULT_BYTES }
    expect(facts.receiveBufferBytes).to.equal(LINUX_DEFAULT_BYTES)
    const finding = bufferFinding(facts, NEED.rateKbps)
    expect(finding).to.include({ subject: 'socket buffer', grade: 'bad' })
    expect(finding.found).to.include('holds 9 ms at 100.0 Mbit/s')
    expect(finding.advice).to.include('net.core.rmem_max')
    expect(bufferFinding(facts, 25_000).grade).to.equal('warning')
    expect(bufferFinding(facts, 8000).grade).to.equal('good')
    expect(bufferFinding({ receiveBufferBytes: 32 << 20 }, 1_000_000).grade).to.equal('good')
  })

  it('measures what this machine carries, and grades it against the rate that it needs', async () => {
    let { carriedKbps, port } = await loopbackSpeed(8000)
    // A pause of this machine may leave no time for any data.
    for (let tries = 1; tries < 3 && carriedKbps === 0; tries++) ({ carriedKbps, port } = await loopbackSpeed(8000))
    expect(port.receiveBufferBytes).to.be.above(0)
    expect(carriedKbps).to.be.above(0)
    expect(speedFinding(100_000, NEED)).to.include({ subject: 'machine speed', grade: 'good' })
    expect(speedFinding(50_000, NEED)).to.include({ grade: 'warning' })
    expect(speedFinding(30_000, NEED)).to.include({ grade: 'bad' })
    expect(speedFinding(0, NEED).advice).to.include('capacity RATE')
  })

  it('finds a relay that is told to forward half of what its provider claims', () => {
    expect(limitFinding(50_000, NEED)).to.include({ subject: 'limit', grade: 'bad' })
    expect(limitFinding(100_000, NEED).grade).to.equal('good')
  })

  it('finds a link without room for the claim and what strangers may fill', () => {
    expect(linkFinding(105_000, NEED)).to.include({ subject: 'link', grade: 'warning' })
    expect(linkFinding(110_000, NEED).grade).to.equal('good')
  })

  it('finds whether the kernel joins and cuts datagrams', async () => {
    const options = { host: '127.0.0.1', port: 0, headerBytes: 0, offload: true, clock: systemClock, onBatch: () => {} }
    const port = await openPort(options).catch(() => undefined)
    await port?.close()
    expect(await offloadFinding('127.0.0.1')).to.include({ subject: 'offload', grade: port ? 'good' : 'bad' })
  })
})
