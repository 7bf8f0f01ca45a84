import { expect } from 'chai'
import { type NewcomerParts, Newcomers } from '../newcomers.js'

describe('nodes that are added to a network that runs', () => {
  const newcomers = new Newcomers({ plan: { verifiers: [], providers: [] } } as unknown as NewcomerParts)

  const refused: [role: string, profile: string, says: RegExp][] = [
    ['relay', 'honest', /A node is a verifier or a provider, and no relay\./],
    ['provider', 'nonsense', /there is no profile "nonsense"/],
    ['provider', 'slow', /slow takes a fraction/],
    ['provider', 'honest=5,dead', /too many nodes/],
    ['provider', 'offline', /there is no profile "offline"/],
    ['provider', 'decoy', /there is no profile "decoy"/],
    ['verifier', 'late', /there is no profile "late"/],
    ['verifier', 'twice', /there is no profile "twice"/],
  ]
  for (const [role, profile, says] of refused) {
    it(`a ${role} that is ${profile} is refused before anything is sent`, async () => {
      const error = await newcomers.add(role, profile).then(
        () => expect.fail('it was added'),
        (thrown: Error) => thrown,
      )
      expect(error.message).to.match(says)
    })
  }
})
