import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { mapInSlices } from '../slices.js'

describe('work in slices', () => {
  it('makes every item in its order, and leaves the thread to others after each slice', async () => {
    const happened: (number | 'other')[] = []
    let isMaking = true
    const others = (async () => {
      while (isMaking) {
        await turn()
        happened.push('other')
      }
    })()
    const made = await mapInSlices(
      [...Array(7).keys()],
      i => {
        happened.push(i)
        return i * i
      },
      3,
    )
    isMaking = false
    await others
    expect(made).to.deep.equal([0, 1, 4, 9, 16, 25, 36])
    expect(happened.slice(0, 9)).to.deep.equal([0, 1, 2, 'other', 3, 4, 5, 'other', 6])
  })

  it('makes nothing of nothing', async () => {
    expect(await mapInSlices([], () => 1, 3)).to.deep.equal([])
  })
})
