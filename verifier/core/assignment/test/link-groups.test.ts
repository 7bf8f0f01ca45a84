import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import type { Hex } from '../../../../proto/hex.js'
import type { ChainFacts } from '../../facts.js'
import { CLAIM_KBPS, facts, PARAMS } from '../../test/samples.js'
import { assign } from '../assign.js'
import { linkGroups } from '../link-groups.js'
import { senderLoadKbps } from '../place.js'

const LONG = { ...PARAMS, epochSeconds: 3_600, lanes: 0 }
const LINK = keccakText('a link')

/** Providers; the leaves of those at the given places name one link. */
function onOneLink(places: readonly number[], shape: Parameters<typeof facts>[0], link: Hex = LINK): ChainFacts {
  const chain = facts(shape)
  return {
    ...chain,
    providers: chain.providers.map((one, i) => (places.includes(i) ? { ...one, link } : one)),
  }
}

describe('providers that may share a link', () => {
  it('run all their sessions in the same rounds, with the same receivers and the same start', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 3, max: 7 }),
        fc.string(),
        (verifiers, providers, beacon) => {
          const plan = assign(onOneLink([0, 2], { verifiers, providers, beacon }), { ...LONG, receivers: 3 })
          const of = (index: number) => plan.sessions.filter(session => session.providerIndex === index)
          const [first, second] = [of(0), of(2)]
          const when = (sessions: typeof first) =>
            sessions.map(({ round, receiver, startsWith }) => ({ round, receiver, startsWith }))
          expect(first).to.have.length(3)
          expect(when(second)).to.deep.equal(when(first))
          expect(of(1).every(({ provider, startsWith }) => startsWith === provider)).to.equal(true)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('are still all measured if no round has room for them together', () => {
    const one = 3 * senderLoadKbps(CLAIM_KBPS, 3)
    for (const narrow of [{ capacityKbps: one }, { lanes: 1 }]) {
      const chain = onOneLink([0, 1], { verifiers: 6, providers: 2, ...narrow })
      const plan = assign(chain, { ...LONG, ...narrow })
      expect(plan.unplaced).to.have.length(0)
      expect(plan.sessions).to.have.length(12)
    }
  })

  it('are at most four at once; in a larger network the beacon draws which are measured together', () => {
    const places = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    const groups = (beacon: string) => linkGroups(onOneLink(places, { verifiers: 4, providers: 10, beacon }))
    expect(
      groups('a')
        .map(group => group.length)
        .sort(),
    ).to.deep.equal([1, 3, 3, 3])
    expect(groups('a')).to.deep.equal(groups('a'))
    expect(groups('a')).not.to.deep.equal(groups('b'))
    expect(
      groups('a')
        .flat()
        .map(({ index }) => index)
        .sort(),
    ).to.deep.equal([...places, 9])
  })

  it('are measured alone if their link is unknown', () => {
    expect(linkGroups(facts({ verifiers: 4, providers: 5 })).map(group => group.length)).to.deep.equal([1, 1, 1, 1, 1])
  })
})
