import { expect } from 'chai'
import { LossWatch } from '../loss-watch.js'

/** Looks after each of these flows since the look before. */
function looks(least: number, ...parts: readonly { readonly sent: number; readonly arrived: number }[]): boolean[] {
  const watch = new LossWatch(least)
  const so = { sent: 0, arrived: 0 }
  return parts.map(({ sent, arrived }) => {
    so.sent += sent
    so.arrived += arrived
    return watch.look({ ...so })
  })
}

describe('the watch over a leg’s losses', () => {
  it('tells a leg that loses more than half, two looks in a row', () => {
    const [bad, good] = [
      { sent: 1000, arrived: 200 },
      { sent: 1000, arrived: 500 },
    ]
    expect(looks(200, bad, bad, bad)).to.deep.equal([false, true, true])
    expect(looks(200, bad, good, bad, bad)).to.deep.equal([false, false, false, true])
  })

  it('says nothing of a sparse flow, nor of what arrives late', () => {
    const sparse = { sent: 150, arrived: 0 }
    expect(looks(200, sparse, sparse, sparse)).to.deep.equal([false, false, false])
    const late = [
      { sent: 1000, arrived: 400 },
      { sent: 1000, arrived: 1600 },
      { sent: 1000, arrived: 400 },
    ]
    expect(looks(200, ...late)).to.deep.equal([false, false, false])
  })
})
