import { expect } from 'chai'
import { fillingPrice, slotsUntil } from '../lanes.js'

const SLOT = 30_000_000
const SECONDS = 60
const MS = SECONDS * 1000
const AT = SLOT * MS

describe('the slots of a lane', () => {
  it('reach from the present slot to the one in which the time is over', () => {
    expect(slotsUntil(AT + 5 * MS, SECONDS, AT)).to.deep.equal({ fromSlot: SLOT, slots: 5 })
    expect(slotsUntil(AT + 1000 + 5 * MS, SECONDS, AT + 1000)).to.deep.equal({ fromSlot: SLOT, slots: 6 })
    expect(slotsUntil(AT + 1, SECONDS, AT)).to.deep.equal({ fromSlot: SLOT, slots: 1 })
  })

  it('begin with the next one if the present one is nearly over', () => {
    expect(slotsUntil(AT + 5 * MS, SECONDS, AT + MS - 15_001)).to.deep.equal({ fromSlot: SLOT, slots: 5 })
    expect(slotsUntil(AT + 5 * MS, SECONDS, AT + MS - 15_000)).to.deep.equal({ fromSlot: SLOT + 1, slots: 4 })
  })

  it('are none after the time, and no more than one reservation takes', () => {
    expect(slotsUntil(AT, SECONDS, AT + 1).slots).to.equal(0)
    expect(slotsUntil(AT + 2, SECONDS, AT + 2).slots, 'in the same slot').to.equal(0)
    expect(slotsUntil(AT - 5 * MS, SECONDS, AT).slots).to.equal(0)
    expect(slotsUntil(AT + 500 * MS, SECONDS, AT).slots).to.equal(12)
  })

  it('cost no more than what fits into them, by default', () => {
    expect(fillingPrice(2n ** 30n, SECONDS)).to.equal(7_500_000n)
    expect(fillingPrice(1n, SECONDS), 'rounded up').to.equal(1n)
  })
})
