import { expect } from 'chai'
import { Pace } from '../pace.js'

describe('the pace of bench justice', () => {
  it('falls with each session that starves, down to one, and comes back to what the calibration found', () => {
    const pace = new Pace(20)
    let nowMs = 0
    const heed = (counts: boolean, times = 1) => {
      for (let n = 0; n < times; n++) pace.heed(counts, nowMs, ++nowMs)
    }
    heed(true)
    expect(pace.parallel).to.equal(20)
    heed(false)
    expect(pace.parallel).to.equal(18)
    heed(false, 100)
    expect(pace.parallel).to.equal(1)
    heed(true, 200)
    expect(pace.parallel).to.equal(11)
    heed(true, 1000)
    expect(pace.parallel).to.equal(20)
  })

  it('falls once for all sessions that one pause starved', () => {
    const pace = new Pace(20)
    for (let n = 0; n < 20; n++) pace.heed(false, 100 + n, 1000 + n)
    expect(pace.parallel).to.equal(18)
    pace.heed(false, 1000, 3000)
    expect(pace.parallel).to.equal(16)
  })
})
