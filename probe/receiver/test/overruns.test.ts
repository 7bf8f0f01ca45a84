/** Real sockets that overrun: their owners know, and nobody blames the provider for what the receiver lost. */
import { expect } from 'chai'
import { BATCH, type DatagramPort } from '../../io/datagram-port.js'
import { loadNative } from '../../io/native.js'
import { openPort } from '../../io/open-port.js'
import { failed, keysOf, written } from '../../test/fixtures/records.js'
import { Stall } from '../../test/fixtures/stalling.js'
import { HOST, Network, story } from '../../test/harness.js'
import { verifyTranscript } from '../../transcript/verify.js'

const CLAIM_KBPS = 10_000
/** More than the largest buffer holds. */
const FLOOD = 40_000

describe('a socket that overruns', function () {
  this.retries(2)
  let flooder: DatagramPort
  let network: Network
  let stall: Stall

  before(async function () {
    if (!(await loadNative())) this.skip() // only batches flood a port
    flooder = await openPort({ host: HOST, port: 0, headerBytes: 0, clock: performance, offload: false })
  })
  beforeEach(async () => {
    stall = new Stall(0.6 * CLAIM_KBPS)
    network = await Network.open({ claimKbps: CLAIM_KBPS, forwarding: stall.forwarding })
  })
  afterEach(() => network.close())
  after(() => flooder?.close())

  function flood(port: number): void {
    const to = flooder.endpoint(HOST, port)
    for (let batches = 0; batches < FLOOD / BATCH; batches++) flooder.sendStaged(BATCH, to)
  }

  it('shows it to its operator, and makes no low vote of a low reading', async () => {
    const measuring = network.measure()
    const { receiver, relay } = network
    while (receiver.stats.taken < 500) await new Promise(resolve => setTimeout(resolve, 10))
    await stall.begin()
    try {
      for (const { port } of [receiver, relay]) flood(port)
    } finally {
      stall.end()
    }
    const result = await measuring
    expect(result.record.overruns, story(network, result)).to.be.greaterThan(0)
    expect(result.outcome, story(network, result)).to.include({ kind: 'at-least', reason: 'receiver-overrun' })
    const { checks, outcome } = await verifyTranscript(written(result.record), keysOf(network))
    expect(failed(checks)).to.deep.equal([])
    expect(outcome).to.deep.equal(result.outcome)
    while (receiver.stats.overruns === 0 || relay.stats.overruns === 0) {
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  })

  it('leaves a low reading `under` if nothing was lost there', async () => {
    const result = await network.measureUndisturbed()
    expect(result.record.overruns).to.equal(0)
    expect(result.outcome, story(network, result)).to.have.property('kind', 'under')
  })
})
