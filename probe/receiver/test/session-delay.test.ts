/** Sessions over real UDP, behind delay, and over IPv6. */
import { expect } from 'chai'
import { ipDatagramBytes, PAYLOAD_BYTES } from '../../../proto/datagram.js'
import { forwardings } from '../../test/fixtures/forwardings.js'
import { Network, type NetworkOptions, story } from '../../test/harness.js'

const CLAIM_KBPS = 10_000

describe('session', () => {
  let network: Network | undefined

  async function open(options: Partial<NetworkOptions>): Promise<Network> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    return network
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  it('reads a provider behind a standing delay of 1.5 s like any other, and shows the delay', async () => {
    const result = await (await open({ forwarding: forwardings.delaysMuch })).measureUndisturbed()
    expect(result.outcome, story(network!, result)).to.have.property('kind', 'verified')
    if (result.outcome.kind !== 'verified') return
    const { rateKbps, delayUs } = result.outcome.measurement
    expect(rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
    expect(delayUs).to.be.within(1_490_000, 1_700_000)
  })

  it('finds a provider dead whose first data comes when the receiver has given up, and counts none of it', async () => {
    const result = await (await open({ forwarding: forwardings.comesTooLate })).measure()
    expect(result.outcome, story(network!, result)).to.have.property('kind', 'dead')
  })

  it('counts the longer headers of IPv6 in rates, budgets and receipts', async () => {
    const result = await (await open({ host: '::1' })).measureWhole()
    expect(result.outcome, story(network!, result)).to.have.property('kind', 'verified')
    if (result.outcome.kind !== 'verified') return
    const { rateKbps, goodputKbps, receivedBytes } = result.outcome.measurement
    expect(rateKbps).to.be.within(0.95 * CLAIM_KBPS, CLAIM_KBPS)
    expect(goodputKbps).to.be.closeTo((rateKbps * PAYLOAD_BYTES) / ipDatagramBytes(true), 1)
    const { ipv6, senderRecords } = result.record
    expect(ipv6).to.equal(true)
    for (const bytes of [receivedBytes, ...senderRecords.map(({ counter }) => counter!.bytes)])
      expect(bytes % ipDatagramBytes(true)).to.equal(0)
    for (const { reveal } of senderRecords) expect(reveal!.receipts.at(-1)!.bytes % ipDatagramBytes(true)).to.equal(0)
  })
})
