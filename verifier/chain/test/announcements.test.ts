import { expect } from 'chai'
import fc from 'fast-check'
import type { Hex } from '../../../proto/hex.js'
import type { AnnouncedEvent } from '../../core/chain-log.js'
import { compact, newestOf, peersBetween } from '../announcements.js'

const ACCOUNT: Hex = `0x${'b1'.repeat(20)}`
const keyOf = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`

const LAST_BLOCK = 40
const block = fc.nat(LAST_BLOCK)
/** Announcements of one account, in order, of few peers and few keys. */
const history: fc.Arbitrary<AnnouncedEvent[]> = fc
  .array(fc.record({ block, peer: fc.nat(2), addresses: fc.nat(3), key: fc.option(fc.nat(2), { freq: 2 }) }))
  .map(list =>
    list
      .sort((a, b) => a.block - b.block)
      .map(({ block, peer, addresses, key }, logIndex) => ({
        ...{ kind: 'announced', block, logIndex },
        announcement: {
          ...{ role: 'verifier', index: 1, account: ACCOUNT, peerId: `peer-${peer}` },
          multiaddrs: Array.from({ length: addresses }, (_, i) => `/ip4/203.0.113.${i}/tcp/${logIndex}`),
          ...(key !== null && { tokenKey: keyOf(key) }),
        },
      })),
  )

const peers = (events: readonly AnnouncedEvent[], from: number, to: number) =>
  new Set(peersBetween(events, from, to).map(({ peerId }) => peerId))

describe('announcements of an account', () => {
  it('name the peers in force in any span of blocks', () => {
    fc.assert(
      fc.property(history, block, fc.nat(10), (events, from, length) => {
        const to = from + length
        const inForce = (at: number) => events.findLast(event => event.block <= at)?.announcement.peerId
        const expected = new Set(events.filter(e => e.block > from && e.block <= to).map(e => e.announcement.peerId))
        const first = inForce(from)
        if (first !== undefined) expected.add(first)
        expect(peers(events, from, to)).to.deep.equal(expected)
      }),
    )
  })

  it('answer the same after old ones were shortened, and keep one entry a change of peer', () => {
    fc.assert(
      fc.property(history, block, block, fc.nat(10), (events, floor, from, length) => {
        const { kept } = compact(events, floor)
        expect(newestOf(kept)).to.deep.equal(newestOf(events))
        expect(peers(kept, from, from + length)).to.deep.equal(peers(events, from, from + length))
        const old = kept.filter(event => event.block <= floor)
        for (const [i, event] of old.entries()) {
          expect(event.announcement.peerId).not.to.equal(old[i + 1]?.announcement.peerId)
          if (i < old.length - 1) expect(event.announcement.multiaddrs).to.deep.equal([])
        }
      }),
    )
  })

  it('change in the database as they change in memory, whatever the order of floors', () => {
    fc.assert(
      fc.property(history, fc.array(block), (events, floors) => {
        const rows = new Map(events.map(event => [event.logIndex, event]))
        let inMemory: readonly AnnouncedEvent[] = events
        for (const floor of floors.sort((a, b) => a - b)) {
          const { kept, put, drop } = compact(inMemory, floor)
          inMemory = kept
          for (const event of put) rows.set(event.logIndex, event)
          for (const { logIndex } of drop) rows.delete(logIndex)
        }
        expect([...rows.values()].sort((a, b) => a.logIndex - b.logIndex)).to.deep.equal(inMemory)
      }),
    )
  })

  it('an account that announces a hundred thousand times is one entry', () => {
    const one = (logIndex: number): AnnouncedEvent => ({
      ...{ kind: 'announced', block: 1, logIndex },
      announcement: { role: 'provider', index: 1, account: ACCOUNT, peerId: 'peer', multiaddrs: [`/ip4/${logIndex}`] },
    })
    const events = Array.from({ length: 100_000 }, (_, i) => one(i))
    const { kept, drop } = compact(events, 1)
    expect(kept).to.deep.equal([{ ...events[0], announcement: events.at(-1)!.announcement }])
    expect(drop).to.have.length(99_999)
  })
})
