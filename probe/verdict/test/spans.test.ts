import { expect } from 'chai'
import { groupSpan } from '../spans.js'

describe('the span of receivers that start together', () => {
  it('is as long as a low reading must last, after half a second or four round trips', () => {
    expect(groupSpan(25_000, 1, 1000)).to.deep.equal({ discardMs: 500, measureMs: 1000 })
    expect(groupSpan(25_000, 150, 0)).to.deep.equal({ discardMs: 600, measureMs: 1000 })
    expect(groupSpan(25_000, 800, 4000)).to.deep.equal({ discardMs: 1000, measureMs: 4000 })
    // Whole windows, of 64 ms here: a group must not end before a competing flow had its time.
    expect(groupSpan(15_000, 1, 1000)).to.deep.equal({ discardMs: 500, measureMs: 1024 })
  })
})
