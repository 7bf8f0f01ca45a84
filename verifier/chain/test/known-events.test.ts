import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { AnnouncedEvent, ChainEvent } from '../../core/chain-log.js'
import { KnownEvents } from '../known-events.js'

const accountOf = (index: number): Hex => `0x${`0${index}`.repeat(20)}`
const announced = (block: number, logIndex: number, index: number, peer: number): AnnouncedEvent => ({
  ...{ kind: 'announced', block, logIndex },
  announcement: {
    ...{ role: index % 2 === 0 ? 'verifier' : 'provider', index, account: accountOf(index) },
    ...{ peerId: `peer-${peer}`, multiaddrs: [`/ip4/203.0.113.7/tcp/${logIndex}`] },
  },
})

const LAST_BLOCK = 20
/** Events of a chain, in order. */
const log: fc.Arbitrary<ChainEvent[]> = fc
  .array(fc.tuple(fc.nat(LAST_BLOCK), fc.nat(3), fc.nat(2), fc.nat(2)))
  .map(list =>
    list
      .sort(([a], [b]) => a - b)
      .map(([block, index, peer, kind], logIndex): ChainEvent => {
        const [place, txHash] = [{ block, logIndex }, keccakText(`transaction ${logIndex}`)]
        if (kind === 1)
          return { ...place, kind: 'posted', epoch: peer + 1, headerHash: keccakText(`header ${peer}`), txHash }
        if (kind === 0) return announced(block, logIndex, index, peer)
        const provider = accountOf(index)
        return {
          ...place,
          kind: 'settled',
          settlement: { epoch: block, provider, charged: BigInt(peer), refuted: false, txHash },
        }
      }),
  )

function answers(known: KnownEvents) {
  return {
    announcements: known.announcements(),
    peers: new Set(known.peersBetween(3, 12).map(({ account, peerId }) => `${account} ${peerId}`)),
    posted: [0, 1, 2].map(peer => known.posted(keccakText(`header ${peer}`))?.txHash),
    postedIn: [1, 2, 3].map(epoch => known.postedIn(epoch)?.txHash),
    last: known.lastPosted?.txHash,
    settled: [0, 1, 2, 3].map(index => known.settlements(accountOf(index))),
  }
}

describe('the events that a node knows', () => {
  it('are after a rewind those of the blocks that remain, also if older ones were shortened', () => {
    fc.assert(
      fc.property(log, fc.nat(LAST_BLOCK), fc.nat(LAST_BLOCK), (events, to, floor) => {
        const known = new KnownEvents()
        known.add(events)
        known.compact(Math.min(floor, to)) // no reorganisation goes back behind the floor
        // A header that was posted twice is known by its last posting, so only logs without one can be compared.
        const hashes = events.flatMap(event => (event.kind === 'posted' ? [event.headerHash] : []))
        fc.pre(new Set(hashes).size === hashes.length)
        known.rewind(to)
        const fresh = new KnownEvents()
        fresh.add(events.filter(({ block }) => block <= to))
        expect(answers(known)).to.deep.equal(answers(fresh))
      }),
    )
  })

  it('hand out the same object for an announcement that stays the newest', () => {
    const known = new KnownEvents()
    known.add([announced(1, 0, 2, 0), announced(1, 1, 3, 0)])
    const [first, second] = known.announcements()
    known.compact(1)
    known.add([announced(2, 0, 3, 1)])
    const [same, other] = known.announcements()
    expect(same).to.equal(first)
    expect(other).not.to.equal(second)
  })
})
