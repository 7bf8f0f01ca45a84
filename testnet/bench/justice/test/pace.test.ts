import { expect } from 'chai'
import { Pace } from '../pace.js'

describe('the pace of bench justice', () => {
  it('falls with each session that starves, down to one, and comes back to what the calibration found', () => {
    const pace = new Pace(20)
    pace.heed(true)
    expect(pace.parallel).to.equal(20)
    pace.heed(false)
    expect(pace.parallel).to.equal(18)
    for (let n = 0; n < 100; n++) pace.heed(false)
    expect(pace.parallel).to.equal(1)
    for (let n = 0; n < 200; n++) pace.heed(true)
    expect(pace.parallel).to.equal(11)
    for (let n = 0; n < 1000; n++) pace.heed(true)
    expect(pace.parallel).to.equal(20)
  })
})
