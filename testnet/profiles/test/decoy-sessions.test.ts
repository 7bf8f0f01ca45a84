/** Real sessions through a relay that shapes them: what honest receivers read of a decoy's levels. */
import { expect } from 'chai'
import { Network } from '../../../probe/test/harness.js'
import { DECOY_TOLERANCE_BPS } from '../../../verifier/core/rewards/decoys.js'
import { decoyForwarding } from '../forwarding/decoy.js'
import { LevelTable } from '../forwarding/level-table.js'

const CLAIM_KBPS = 10_000
/** Longer than any session. */
const SLOT_MS = 60_000
/** A machine that has no time for the senders or the relay reads anything. */
const TRIES = 4
const isHit = (errorBps: number) => Math.abs(errorBps) < DECOY_TOLERANCE_BPS

describe('sessions with a decoy', () => {
  it('read the level of their slot, within the tolerance', async () => {
    const table = new LevelTable()
    const network = await Network.open({ claimKbps: CLAIM_KBPS, forwarding: decoyForwarding(CLAIM_KBPS, table) })
    try {
      for (const levelBps of [8200, 9400]) {
        const errorsBps: number[] = []
        while (errorsBps.length < TRIES && !errorsBps.some(isHit)) {
          table.write(Date.now() - 1, SLOT_MS, new Map([[0, levelBps]]))
          const { outcome } = await network.measure()
          const rateKbps = outcome.kind === 'verified' ? outcome.measurement.rateKbps : 0
          errorsBps.push((10_000 * rateKbps) / CLAIM_KBPS - levelBps)
        }
        expect(errorsBps.some(isHit), `at ${levelBps}, basis points: ${errorsBps.join(', ')}`).to.equal(true)
      }
    } finally {
      await network.close()
    }
  })
})
