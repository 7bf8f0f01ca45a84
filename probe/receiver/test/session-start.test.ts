/** Sessions over real UDP that start at an instant fixed before, beside other receivers. */
import { expect } from 'chai'
import { ProbeFrame } from '../../../proto/messages.js'
import { START_LEAD_MS } from '../../constants.js'
import { serveProbe } from '../../sender/sender.js'
import { systemClock } from '../../system.js'
import { type Behaviour, Network, type NetworkOptions } from '../../test/harness.js'
import type { Outcome } from '../../verdict/outcome.js'

const CLAIM_KBPS = 10_000
const MOST_TRIES = 5

describe('session with a fixed start', () => {
  let network: Network | undefined

  async function open(options: Partial<NetworkOptions> = {}): Promise<Network> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    return network
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  it('starts no data before the given instant, and reads a fixed span', async () => {
    await open({ startsInMs: START_LEAD_MS })
    const startedMs: number[] = []
    const noting: Behaviour = (stream, deps) =>
      serveProbe(
        {
          ...stream,
          receive: async () => {
            const message = await stream.receive()
            if (message && ProbeFrame.decode(message).start) startedMs.push(systemClock.now())
            return message
          },
        },
        deps,
      )
    let calledMs = 0
    const { outcome } = await network!.measureUndisturbed([], () => {
      startedMs.length = 0
      calledMs = systemClock.now()
      return network!.measure([noting, noting, noting])
    })
    expect(startedMs).to.have.length(3)
    expect(Math.min(...startedMs)).to.be.at.least(calledMs + START_LEAD_MS)
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
    // Eleven windows of 96 ms: the first ten do not fill the second that a low reading must last.
    if (outcome.kind === 'verified') expect(outcome.measurement).to.include({ windows: 11, durationMs: 1056 })
  })

  it('asks for no data if the instant has passed, and blames nobody', async () => {
    await open({ startsInMs: -1_000 })
    const { outcome } = await network!.measure()
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    expect(network!.notes.join('\n')).to.contain('too late to start')
    expect(network!.relay.stats.forwarded).to.equal(0)
  })

  it('and another that starts at the same instant read together what the provider carries for both', async () => {
    const limitKbps = 1.2 * CLAIM_KBPS
    await open({ startsInMs: START_LEAD_MS, limitKbps })
    const together = async () => {
      const both = await Promise.all([network!.measure(), network!.measure()])
      return both.map(({ outcome }) => outcome)
    }
    // The provider may split its rate unevenly: the sum counts.
    const sumOf = (outcomes: readonly Outcome[]) =>
      outcomes.reduce((sum, outcome) => sum + ('measurement' in outcome ? outcome.measurement.rateKbps : 0), 0)
    let outcomes = await together()
    // A pause of this machine makes a reading lower, and never higher.
    for (let tries = 1; tries < MOST_TRIES && sumOf(outcomes) < 0.9 * limitKbps; tries++) outcomes = await together()
    const told = JSON.stringify([outcomes, network!.notes])
    expect(sumOf(outcomes), told).to.be.within(0.9 * limitKbps, 1.1 * limitKbps)
  })
})
