import { expect } from 'chai'
import { RandomNetwork } from '../../test/random-network.js'
import { account } from '../../test/samples.js'
import { assign } from '../assign.js'
import { packPlan, unpackPlan } from '../plan.js'

const NETWORKS = [
  new RandomNetwork({ seed: 21, verifiers: 5, providers: 4 }),
  new RandomNetwork({
    seed: 22,
    verifiers: 9,
    providers: 40,
    params: { windowEpochs: 3, lanes: 0, epochSeconds: 600 },
  }),
  new RandomNetwork({ seed: 23, verifiers: 1, providers: 2 }),
  new RandomNetwork({ seed: 24, verifiers: 4, providers: 0 }),
]

describe('the plan of an epoch', () => {
  it('says after its way to another thread what the assignment says', () => {
    for (const network of NETWORKS) {
      for (const epoch of [1, 2, 3]) {
        const { verifiers, providers, ...facts } = network.facts(epoch)
        const assignment = assign({ ...facts, verifiers, providers }, network.params)
        const plan = unpackPlan(structuredClone(packPlan(assignment, providers)), structuredClone(providers))
        expect(plan.rounds).to.equal(assignment.rounds)
        for (const provider of [...providers.map(one => one.account), account('nobody')]) {
          expect(plan.receiversOf(provider)).to.deep.equal(assignment.receiversOf(provider))
          expect(plan.assignedOf(provider)).to.deep.equal(assignment.assignedOf(provider))
          expect(plan.groupsOf(provider)).to.deep.equal(assignment.groupsOf(provider))
          for (const { index } of verifiers)
            expect(plan.triesOf(provider, index)).to.deep.equal(assignment.triesOf(provider, index))
        }
        for (const { index } of verifiers) {
          expect(plan.triesBy(index)).to.deep.equal(assignment.triesBy(index))
          expect(plan.measuredBy(index)).to.have.members(assignment.measuredBy(index))
        }
      }
    }
  })
})
