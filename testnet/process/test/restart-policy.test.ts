import { expect } from 'chai'
import { failuresAfter, restartDelayMs } from '../restart-policy.js'

describe('restart policy', () => {
  const waits = (code: number | null): number[] => {
    const delays: number[] = []
    for (let failures = failuresAfter({ signal: null }, 100, 0); ; failures++) {
      const delay = restartDelayMs({ code }, failures)
      if (delay === undefined) return delays
      delays.push(delay)
    }
  }

  it('waits longer after each failure in a row, and gives up after ten', () => {
    expect(waits(6)).to.deep.equal([1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000])
  })

  it('leaves a node down whose next process would end in the same way', () => {
    for (const code of [2, 3, 9]) expect(waits(code)).to.deep.equal([])
  })

  it('restarts on every other code, and after a signal', () => {
    for (const code of [0, 1, 5, 6, null]) expect(waits(code)).not.to.deep.equal([])
  })

  it('counts no failure where somebody killed the node, or where it ran for a while', () => {
    expect(failuresAfter({ signal: 'SIGKILL' }, 5, 4)).to.equal(0)
    expect(failuresAfter({ signal: null }, 10_000, 4)).to.equal(0)
    expect(failuresAfter({ signal: 'SIGSEGV' }, 9999, 4)).to.equal(5)
    expect(restartDelayMs({ code: null }, 0)).to.equal(500)
  })
})
