import { expect } from 'chai'
import { SummedLog } from '../summed-log.js'

describe('summed log', () => {
  it('writes the first fault of a kind, then how many came after it, however many they were', async () => {
    const lines: [facts: object, message: string][] = []
    const summed = Promise.withResolvers<void>()
    const warn = (facts: object, message: string) => {
      lines.push([facts, message])
      if ('more' in facts) summed.resolve()
    }
    const log = new SummedLog({ warn } as never, 30)
    for (let i = 0; i < 10_000; i++) log.warn('commit', `fault ${i}`)
    log.warn('ballot', 'another')
    expect(lines).to.deep.equal([
      [{ kind: 'commit' }, 'fault 0'],
      [{ kind: 'ballot' }, 'another'],
    ])
    const waiting = setInterval(() => {}, 1000) // the log itself keeps no process alive
    await summed.promise
    clearInterval(waiting)
    log.warn('commit', 'a new one')
    expect(lines.slice(2)).to.deep.equal([
      [{ kind: 'commit', more: 9_999 }, '9999 more of this kind in 0.03 s'],
      [{ kind: 'commit' }, 'a new one'],
    ])
  })
})
