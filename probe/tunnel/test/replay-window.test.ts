import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_SEQUENCE } from '../../../proto/datagram.js'
import { REPLAY_WINDOW } from '../constants.js'
import { ReplayWindow } from '../replay-window.js'

/** Steps of a walk: mostly close by, sometimes over more than the window. */
const steps = fc.array(
  fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -2 * REPLAY_WINDOW, max: 3 * REPLAY_WINDOW })),
  { maxLength: 300 },
)

describe('the replay window', () => {
  it('takes each number once, and none below it', () => {
    fc.assert(
      fc.property(fc.nat(MAX_SEQUENCE), steps, (first, walk) => {
        const [window, seen] = [new ReplayWindow(), new Set<number>()]
        let sequence = first
        let highest = -1
        for (const step of walk) {
          sequence = Math.min(MAX_SEQUENCE, Math.max(0, sequence + step))
          const isNew = !seen.has(sequence) && sequence > highest - REPLAY_WINDOW
          expect(window.isNew(sequence)).to.equal(isNew)
          if (!isNew) continue
          window.mark(sequence)
          seen.add(sequence)
          highest = Math.max(highest, sequence)
          expect(window.highest).to.equal(highest)
        }
      }),
      { numRuns: 500 },
    )
  })
})
