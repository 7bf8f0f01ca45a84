import { expect } from 'chai'
import { RandomNetwork } from '../../test/random-network.js'
import { assign } from '../assign.js'
import { AssignedRoots, assignedRoot } from '../assigned.js'

const NETWORKS = [
  new RandomNetwork({ seed: 31, verifiers: 5, providers: 4 }),
  new RandomNetwork({
    seed: 32,
    verifiers: 9,
    providers: 40,
    params: { windowEpochs: 3, lanes: 0, epochSeconds: 600 },
  }),
]

describe('the roots over the receivers', () => {
  it('are those of each assignment, whatever other epochs have left behind', () => {
    for (const network of NETWORKS) {
      const roots = new AssignedRoots()
      // Two windows, and an epoch once more, as after a reorganisation.
      for (const epoch of [1, 2, 3, 4, 2, 1]) {
        const facts = network.facts(epoch)
        const assignment = assign(facts, network.params, roots)
        for (const { account } of facts.providers) {
          const fresh = assignedRoot(assignment.assignedOf(account))
          expect(assignment.assignedRootOf(account)).to.equal(fresh)
          expect(assignment.assignedRootOf(account), 'again').to.equal(fresh)
        }
      }
    }
  })
})
