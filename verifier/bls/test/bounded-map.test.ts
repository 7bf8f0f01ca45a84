import { expect } from 'chai'
import { BoundedMap } from '../bounded-map.js'

describe('a bounded map', () => {
  it('forgets what was not asked for in the longest time', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.get('a')).to.equal(1)
    map.set('c', 3)
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).to.deep.equal([1, undefined, 3, 2])
    map.set('a', 4)
    expect([map.get('a'), map.size]).to.deep.equal([4, 2])
  })
})
