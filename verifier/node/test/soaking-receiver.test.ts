/** What a receiver makes of its draw. Real peers, relays and UDP on loopback. */
import { expect } from 'chai'
import { providerSchedule } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { OUTCOME } from '../../../proto/vote.js'
import { isSoak } from '../../core/assignment/schedule.js'
import { CLAIM_KBPS, OneEpoch } from './one-epoch.js'

/** The senders take turns after half of it. An ordinary session has long ended by then. */
const HALF = { soakShareBps: 5_000, soakMs: 4_000, epochSeconds: 8 }

describe('a receiver that draws a soak of one provider and not of another', function () {
  this.retries(2)
  const epoch = new OneEpoch()
  afterEach(() => epoch.close())

  it('lets the one session go on, ends the other early, and says so in both votes', async () => {
    const scheduleFor = (honest: Hex, other: Hex) => {
      const schedules = Array.from({ length: 64 }, (_, i) => fromHex(keccakText(`a signature ${i}`)))
      const draws = (schedule: Uint8Array, provider: Hex) =>
        isSoak(providerSchedule(schedule, provider), provider, HALF)
      return schedules.find(schedule => draws(schedule, honest) && !draws(schedule, other))!
    }
    const soaks = { params: HALF, scheduleFor }
    const { honest, other, readTranscript } = await epoch.measure('provider', () => ({}), soaks)
    expect(honest).to.include({ soak: true, outcome: OUTCOME.verified })
    expect(other).to.include({ soak: false, outcome: OUTCOME.verified })
    for (const { rateKbps } of [honest, other]) expect(rateKbps, 'busy machine or not').to.be.within(1, CLAIM_KBPS)
    for (const { soak, provider, scheduleProof } of [honest, other])
      expect(soak).to.equal(isSoak(scheduleProof, provider, HALF))
    // The transcript gives this very vote only if its session was a soak.
    expect(await readTranscript()).to.deep.include({ faults: [], silent: 0 })
  })
})
