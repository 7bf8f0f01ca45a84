/**
 * A renter has a slow link behind a large bucket of credit, and rents a fast one for soaks alone. It tells soaks by what
 * a session asks for.
 */
import { expect } from 'chai'
import { forwardings, notedRequests, SAVING } from '../../test/fixtures/forwardings.js'
import { rentsFor } from '../../test/fixtures/renting.js'
import { Network, type NetworkOptions, story } from '../../test/harness.js'
import { shapeOf } from '../../verdict/session-shape.js'

const CLAIM_KBPS = 10_000
const SOAK_MS = 6_000

describe('a renter', () => {
  async function measured(options: Partial<NetworkOptions>) {
    const network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    try {
      const result = await network.measureUndisturbed()
      return { outcome: result.outcome, message: story(network, result) }
    } finally {
      await network.close()
    }
  }

  it('is shown one request by ordinary sessions and by soaks', async () => {
    notedRequests.length = 0
    for (const soakMs of [undefined, SOAK_MS]) await measured({ soakMs, forwarding: forwardings.notesRequests })
    // A session that was held up is measured again.
    expect(notedRequests.length % 3).to.equal(0)
    expect(notedRequests.length).to.be.at.least(6)
    for (const request of notedRequests) expect(request).to.deep.equal(shapeOf(CLAIM_KBPS))
  })

  it('rents for every session or for none: if for none, its soak reads the slow link', async () => {
    const { rateKbps } = shapeOf(CLAIM_KBPS)
    const ordinary = await measured({ forwarding: rentsFor(rateKbps + 1) })
    expect(ordinary.outcome, ordinary.message).to.have.property('kind', 'verified')
    const soak = await measured({ soakMs: SOAK_MS, forwarding: rentsFor(rateKbps + 1) })
    expect(soak.outcome, soak.message).to.have.property('kind', 'under')
    expect(soak.outcome, soak.message).to.have.nested.property('measurement.rateKbps').closeTo(SAVING.rateKbps, 250)
  })
})
