/** What is certain before senders are drawn must change no plan. */
import { expect } from 'chai'
import fc from 'fast-check'
import { facts, providerNamed } from '../../test/samples.js'
import { type DrawnSession, type Items, leastReceiverKbps, placeSessions } from '../place.js'

const MOST_SENDERS = 3
const { verifiers } = facts({ verifiers: 6, providers: 0 })
const drawn = fc.record({
  sessions: fc.array(
    fc.record({
      claimKbps: fc.constantFrom(8_000, 25_000, 100_000),
      maySoak: fc.boolean(),
      parties: fc.shuffledSubarray(
        verifiers.map(({ index }) => index),
        { minLength: 2, maxLength: 1 + MOST_SENDERS },
      ),
    }),
    { maxLength: 60 },
  ),
  capacityKbps: fc.array(fc.constantFrom(30_000, 100_000, 300_000), {
    minLength: verifiers.length,
    maxLength: verifiers.length,
  }),
  rounds: fc.integer({ min: 0, max: 9 }),
  lanes: fc.integer({ min: 0, max: 3 }),
})

describe('the plan of an epoch', () => {
  it('is the same without the sessions whose receiver has no room', () => {
    fc.assert(
      fc.property(drawn, ({ sessions, capacityKbps, rounds, lanes }) => {
        const items = sessions.map(({ claimKbps, maySoak, parties: [receiver, ...senders] }, i): DrawnSession => {
          const { account: provider, index: providerIndex } = providerNamed(i)
          return {
            ...{ provider, providerIndex, claimKbps, maySoak, receiver: receiver!, senders },
            startsWith: undefined,
          }
        })
        const all: Items = { count: items.length, sessionsOf: item => [items[item]!] }
        const able = verifiers.map((one, i) => ({ ...one, capacityKbps: capacityKbps[i]! }))
        const plan = (of: Items) => {
          const { unplaced, ...placed } = placeSessions(of, able, { rounds, lanes })
          return { ...placed, unplaced: unplaced() }
        }
        const isHopeless: Items['isHopeless'] = (item, left) => {
          const { receiver, claimKbps } = items[item]!
          return !left.hasRoom(receiver, leastReceiverKbps(claimKbps, MOST_SENDERS))
        }
        expect(plan({ ...all, isHopeless })).to.deep.equal(plan(all))
      }),
    )
  })
})
