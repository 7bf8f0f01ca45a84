import { expect } from 'chai'
import { encodeLeaf } from '../../../proto/leaf.js'
import { assign } from '../../../verifier/core/assignment/assign.js'
import { encodeCarryOver } from '../../../verifier/core/scoring/carry-over.js'
import { ABOVE, BELOW, HONEST, OFTEN_OFF } from '../behaviours.js'
import { accountOf, factsBy, indices } from '../chain.js'
import { paramsOf, type SimulatedNetwork, type World } from '../network.js'
import { reportOf } from '../rules.js'
import { STRATEGIES } from '../strategies.js'
import { simulateWorlds } from '../worlds.js'

const SEED = 'worlds'
const CLAIM_KBPS = 100_000
const FIVE: SimulatedNetwork = {
  ...{ name: 'five', verifiers: 5, receivers: 5, senders: 3, windowEpochs: 1, soakShareBps: 0 },
}
const DAYS: SimulatedNetwork = {
  ...FIVE,
  name: 'days',
  verifiers: 12,
  receivers: 7,
  windowEpochs: 4,
  soakShareBps: 5000,
}

const world = (behaviour: World['behaviour'], strategy: World['strategy'], share: number, epochs: number): World => ({
  ...{ behaviour, strategy, share, epochs },
})

describe('a sampled provider', () => {
  it('has the receivers and the senders that it has among many providers', () => {
    const network: SimulatedNetwork = { ...FIVE, name: 'many', verifiers: 40, receivers: 16, windowEpochs: 4 }
    const [one, many] = [['sampled'], ['first', 'sampled', ...indices(30).map(i => `other ${i}`)]].map(providers =>
      factsBy({ ...network, seed: SEED, providers, claimKbps: CLAIM_KBPS }),
    )
    const provider = accountOf('provider sampled')
    for (const epoch of [1, 2, 3, 4, 9]) {
      const [alone, among] = [one!, many!].map(factsAt => assign(factsAt(epoch), paramsOf(network)))
      expect(alone!.assignedOf(provider)).to.deep.equal(among!.assignedOf(provider))
      for (const receiver of alone!.receiversOf(provider)) {
        const [tries, others] = [alone!, among!].map(({ triesOf }) =>
          triesOf(provider, receiver).map(one => one.senders),
        )
        expect(tries).to.deep.equal(others)
      }
    }
  })
})

describe(`worlds of a simulated network (seed ${SEED})`, () => {
  const run = (worlds: readonly World[], network = FIVE, seed = SEED) =>
    simulateWorlds({ network, worlds, claimKbps: CLAIM_KBPS, seed })

  it('are the same for the same seed, and others for another', () => {
    const worlds = [world(BELOW[1]!, STRATEGIES.inflate, 0.2, 20), world(OFTEN_OFF, STRATEGIES.split, 0.33, 20)]
    expect(run(worlds)).to.deep.equal(run(worlds))
    expect(run(worlds)).not.to.deep.equal(run(worlds, FIVE, 'another'))
  })

  it('do not depend on which other worlds run beside them', () => {
    const [first, second] = [world(HONEST, STRATEGIES.deflate, 0.2, 10), world(BELOW[0]!, STRATEGIES.veto, 0.33, 15)]
    expect(run([first, second])).to.deep.equal([...run([first]), ...run([second])])
  })

  for (const network of [FIVE, DAYS]) {
    it(`have the leaves of a node that reads ballots and the carry-over as bytes: ${network.name}`, () => {
      const worlds = Object.values(STRATEGIES).map(strategy => world(BELOW[2]!, strategy, 0.33, 9))
      let epochs = 0
      simulateWorlds({
        ...{ network, worlds, claimKbps: CLAIM_KBPS, seed: SEED },
        watch: (input, evaluation) => {
          const report = reportOf(input)
          const rooted = evaluation.leaves.map((leaf, i) => ({ ...leaf, assignedRoot: report.leaves[i]!.assignedRoot }))
          expect(report.leaves.map(encodeLeaf)).to.deep.equal(rooted.map(encodeLeaf))
          expect(encodeCarryOver(report)).to.deep.equal(encodeCarryOver({ ...evaluation, leaves: rooted }))
          epochs++
        },
      })
      expect(epochs).to.equal(9 * worlds.length)
    })
  }

  it('slash who delivers too little in three windows, and nobody else', () => {
    const alone = [HONEST, OFTEN_OFF, ...ABOVE, ...BELOW].map(behaviour => world(behaviour, undefined, 0, 30))
    const waits = new Map(run(alone).map(({ behaviour, waits }) => [behaviour, waits]))
    for (const { name } of [HONEST, OFTEN_OFF, ...ABOVE]) expect(waits.get(name)).to.deep.equal([])
    for (const { name } of BELOW) expect(waits.get(name)![0]).to.be.within(3, 4)
  })

  it('frame an honest provider as soon as more than a third collude', () => {
    const [within, beyond] = run([0.33, 0.4].map(share => world(HONEST, STRATEGIES.deflate, share, 60)))
    expect(within!.breaches).to.equal(0)
    expect(beyond!.waits).not.to.deep.equal([])
  })
})
