import { expect } from 'chai'
import fc from 'fast-check'
import { Turns } from '../turns.js'

describe('turns of a node', () => {
  const at = (first: number, ...clock: number[]) => {
    const turns = new Turns(first)
    return clock.flatMap(now => turns.due(now)?.epoch ?? [])
  }

  it('are all epochs from the first one, each when it begins', () => {
    expect(at(3, 2, 2, 3, 3, 4, 5)).to.deep.equal([3, 4, 5])
  })

  it('skip the epochs that passed while the machine slept or the chain did not answer', () => {
    const turns = new Turns(3)
    expect(turns.due(3)).to.deep.equal({ epoch: 3, skippedFrom: 4 - 1 })
    expect(turns.due(9)).to.deep.equal({ epoch: 9, skippedFrom: 4 })
    expect(turns.due(10)).to.deep.equal({ epoch: 10, skippedFrom: 10 })
  })

  it('begin at once after a clock that was hours ahead is set back', () => {
    const turns = new Turns(501)
    expect(turns.due(500)).to.equal(undefined)
    expect(turns.due(20)).to.equal(undefined)
    expect([turns.planned, turns.due(21)]).to.deep.equal([21, { epoch: 21, skippedFrom: 21 }])
  })

  it('take no epoch up twice, nor an earlier one, wherever the clock goes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: -3, max: 40 })), (first, clock) => {
        const taken = at(first, ...clock)
        expect(taken).to.deep.equal([...new Set(taken)].sort((a, b) => a - b))
        for (const epoch of taken) expect(epoch).to.be.at.least(1)
      }),
    )
  })
})
