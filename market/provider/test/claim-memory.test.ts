import { expect } from 'chai'
import { ClaimMemory } from '../claim-memory.js'

describe('the claim that a relay serves', () => {
  it('is raised at once, and lowered only after the time in which verifiers may ask for the old one', () => {
    const claims = new ClaimMemory(100)
    expect(claims.see(20, 0)).to.equal(20)
    expect(claims.see(30, 10)).to.equal(30)
    expect(claims.see(10, 50)).to.equal(30)
    expect(claims.see(10, 110)).to.equal(30)
    expect(claims.see(10, 111)).to.equal(10)
    expect(claims.see(10, 1000)).to.equal(10)
  })
})
