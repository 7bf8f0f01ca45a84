import { expect } from 'chai'
import { Newest } from '../newest.js'

describe('what was written last', () => {
  it('stays at hand while older epochs are repaired, and while an epoch is written again', () => {
    const newest = new Newest<string>()
    newest.put(7, 'a', 'first')
    newest.put(8, 'b', 'second')
    for (const old of ['c', 'd', 'e']) newest.put(1, old, old)
    newest.put(7, 'a', 'first, with its transaction')
    expect([newest.get('a'), newest.get('b')]).to.deep.equal(['first, with its transaction', 'second'])
    expect([newest.get('c'), newest.get('e')]).to.deep.equal([undefined, undefined])
  })

  it('has room for no third, and prefers of one epoch what came last', () => {
    const newest = new Newest<number>()
    for (const [i, key] of ['a', 'b', 'c'].entries()) newest.put(5, key, i)
    expect(['a', 'b', 'c'].map(key => newest.get(key))).to.deep.equal([undefined, 1, 2])
  })

  it('is forgotten with its epoch', () => {
    const newest = new Newest<string>()
    newest.put(7, 'a', 'first')
    newest.put(8, 'b', 'second')
    newest.forgetBefore(8)
    expect([newest.get('a'), newest.get('b')]).to.deep.equal([undefined, 'second'])
  })
})
