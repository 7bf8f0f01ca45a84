/** What a client may pay in before it knows whether that is of use. */
import { expect } from 'chai'
import type { Hex } from '../../../proto/hex.js'
import { Reach } from '../reach.js'

const accountAt = (i: number): Hex => `0x${(i + 1).toString(16).padStart(40, '0')}`
const HOUR_MS = 3_600_000

describe('what a client knows of its reach', () => {
  let nowMs: number
  let reach: Reach
  beforeEach(() => {
    nowMs = 0
    reach = new Reach({ host: '203.0.113.7', port: 4500 }, { now: () => nowMs })
  })

  it('is hopeless once three providers could not reach the port, and none ever has', () => {
    expect(reach.isUnreached).to.equal(false)
    for (const i of [0, 1, 1]) reach.tried(accountAt(i), false)
    expect(reach.isUnreached).to.equal(true)
    expect(reach.isHopeless).to.equal(false)
    reach.tried(accountAt(2), false)
    expect(reach.isHopeless).to.equal(true)
    reach.tried(accountAt(3), true)
    expect(reach.isHopeless || reach.isUnreached).to.equal(false)
  })

  it('lets two providers have deposits until a tunnel serves, and two more after an hour', () => {
    reach.deposited()
    expect(reach.mayDeposit).to.equal(true)
    reach.deposited()
    expect(reach.mayDeposit).to.equal(false)
    nowMs = HOUR_MS
    expect(reach.mayDeposit).to.equal(true)
    for (let i = 0; i < 2; i++) reach.deposited()
    reach.served()
    expect(reach.mayDeposit).to.equal(true)
  })

  it('trusts one provider that it could not try, and more once a provider has reached the port', () => {
    expect(reach.mayTrust).to.equal(true)
    reach.deposited()
    expect(reach.mayTrust).to.equal(false)
    reach.tried(accountAt(0), true)
    expect(reach.mayTrust).to.equal(true)
  })
})
