/** The derived odds against committees that core's assignment draws, and against all cases of a small set. */
import { expect } from 'chai'
import fc from 'fast-check'
import { faultsTolerated } from '../../../proto/quorum.js'
import { assign } from '../../../verifier/core/assignment/assign.js'
import { type Committee, deflatedWindow, framedWindow, inflatedWindow, sendersInBothTries } from '../bounds.js'
import { accountOf, factsBy, indices } from '../chain.js'
import { paramsOf, type SimulatedNetwork } from '../network.js'
import { binomial, tail } from '../odds.js'

const SEED = 'committees'

/** How often at least `least` of the first `colluders` verifiers send in both tries of an honest receiver. */
function inBothTries({ verifiers, colluders, least }: { verifiers: number; colluders: number; least: number }) {
  const network: SimulatedNetwork = {
    ...{ name: 'committees', verifiers, receivers: verifiers, senders: 3, windowEpochs: 1, soakShareBps: 0 },
  }
  const factsAt = factsBy({ ...network, seed: SEED, providers: ['one'], claimKbps: 100_000 })
  const provider = accountOf('provider one')
  let [hits, trials] = [0, 0]
  for (let epoch = 1; epoch <= 60; epoch++) {
    const assignment = assign(factsAt(epoch), paramsOf(network))
    for (const receiver of assignment.receiversOf(provider).filter(one => one >= colluders)) {
      const counts = assignment
        .triesOf(provider, receiver)
        .map(({ senders }) => senders.filter(one => one < colluders).length)
      trials++
      if (counts.every(count => count >= least)) hits++
    }
  }
  return { hits, trials }
}

describe(`committees that the assignment draws (seed ${SEED})`, () => {
  for (const [verifiers, colluders] of [
    [5, 1],
    [5, 2],
    [6, 2],
    [16, 5],
  ] as const) {
    for (const least of [1, 2]) {
      it(`have ${least} of ${colluders} colluders in both tries as often as derived, in a set of ${verifiers}`, () => {
        const { hits, trials } = inBothTries({ verifiers, colluders, least })
        const of: Committee = { receivers: verifiers, senders: 3, verifiers, share: (colluders + 0.5) / verifiers }
        const chance = sendersInBothTries(of, least)
        expect(tail(hits, trials, i => binomial(trials, chance, i))).to.be.greaterThan(1e-4)
        expect(1 - tail(hits + 1, trials, i => binomial(trials, chance, i))).to.be.greaterThan(1e-4)
      })
    }
  }
})

describe('the odds of a window', () => {
  /** Over every way in which each of n receivers colludes, is spoilt or is sound, if all three are equally likely for each. */
  const overAll = (n: number, holds: (colluding: number, spoilt: number, sound: number) => boolean): number => {
    let count = 0
    for (let code = 0; code < 3 ** n; code++) {
      const kinds = indices(n).map(i => Math.floor(code / 3 ** i) % 3)
      const of = (kind: number) => kinds.filter(one => one === kind).length
      if (holds(of(0), of(1), of(2))) count++
    }
    return count / 3 ** n
  }
  /** v₂ = ½ leaves the two kinds of honest receivers equally likely at a share of ⅓. */
  const share = 1 / 3

  it('are those of all cases together, for small committees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 8 }), n => {
        const f = faultsTolerated(n)
        const spoiltOdds = sendersInBothTries({ receivers: n, senders: 3, share }, 1)
        const weigh = (holds: (l: number, e: number, h: number) => boolean) => {
          let sum = 0
          for (let l = 0; l <= n; l++)
            for (let e = 0; e <= n - l; e++) {
              const ways = overAll(n, (a, b) => a === l && b === e) * 3 ** n
              if (holds(l, e, n - l - e))
                sum +=
                  ways * share ** l * ((1 - share) * spoiltOdds) ** e * ((1 - share) * (1 - spoiltOdds)) ** (n - l - e)
            }
          return sum
        }
        const spare = n - (2 * f + 1)
        expect(inflatedWindow({ receivers: n, senders: 3, share }, 1)).to.be.closeTo(
          weigh((l, e, h) => indices(Math.min(e, spare) + 1).some(hidden => l > h + e - hidden)),
          1e-9,
        )
      }),
      { numRuns: 6 },
    )
  })

  it('are 0 as long as less than a third of the whole set colludes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 64 }), verifiers => {
        const of: Committee = {
          ...{ receivers: verifiers, senders: 3, verifiers },
          share: (faultsTolerated(verifiers) + 0.5) / verifiers,
        }
        expect(inflatedWindow(of, 1)).to.equal(0)
        expect(deflatedWindow(of)).to.be.at.least(framedWindow(of) - 1e-12)
      }),
    )
  })
})
