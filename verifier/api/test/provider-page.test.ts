/** Pages of a list, whatever is sorted and wherever it is cut. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Hex } from '../../../proto/hex.js'
import { PROVIDER_SORTS, providersQuery } from '../../evidence/schema/providers.js'
import { SortedRows } from '../provider-page.js'
import type { ProviderRow } from '../provider-rows.js'
import { leafNamed } from './many-providers.js'

const addressOf = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`

const rowOf = (n: number, scoreBps: number | null): ProviderRow => ({
  ...{ provider: addressOf(n), index: n, state: scoreBps === null ? 'new' : 'measured', region: null },
  ...{ claimKbps: (scoreBps ?? 7) * 3, shareBps: 0, stake: BigInt(n % 5), slashed: 0n },
  ...{ peerId: `Peer-${n}`, multiaddrs: [`/ip4/192.0.2.${n % 256}/tcp/1`] },
  leaf: scoreBps === null ? null : { ...leafNamed(addressOf(n), n), scoreBps },
})

const rows = fc
  .uniqueArray(fc.tuple(fc.nat(2000), fc.option(fc.nat(20))), { maxLength: 60, selector: ([n]) => n })
  .map(list => list.map(([n, score]) => rowOf(n, score)))

function all(sorted: SortedRows, given: Record<string, string>): Hex[] {
  const shown: Hex[] = []
  for (let cursor = given.cursor; ; ) {
    const page = sorted.page(providersQuery.parse({ ...given, ...(cursor !== undefined && { cursor }) }))
    shown.push(...page.items.map(({ provider }) => provider))
    if (page.next === null) return shown
    cursor = page.next
  }
}

describe('a list of providers in pages', () => {
  it('shows each row once, in the order of one long page', () => {
    const orders = fc.record({
      sort: fc.constantFrom(...PROVIDER_SORTS),
      order: fc.constantFrom('asc', 'desc'),
    })
    fc.assert(
      fc.property(rows, orders, fc.integer({ min: 1, max: 9 }), (list, order, limit) => {
        const sorted = new SortedRows(list)
        const shown = all(sorted, { ...order, limit: `${limit}` })
        expect(shown).to.deep.equal(all(sorted, { ...order, limit: '1000' }))
        expect(shown).to.have.members(list.map(({ provider }) => provider))
      }),
    )
  })

  it('repeats no row and skips none that stays, if rows come and go between two pages', () => {
    fc.assert(
      fc.property(rows, fc.nat(5), (list, gone) => {
        const first = new SortedRows(list).page(providersQuery.parse({ limit: '3' }))
        fc.pre(first.next !== null)
        const stay = list.slice(gone)
        const later = new SortedRows([...stay, rowOf(5000, 20), rowOf(5001, null)])
        const rest = all(later, { cursor: first.next!, limit: '4' })
        const shown = first.items.map(({ provider }) => provider)
        expect(rest.filter(provider => shown.includes(provider))).to.deep.equal([])
        expect([...shown, ...rest]).to.include.members(stay.map(({ provider }) => provider))
      }),
    )
  })

  it('puts those without a value last, in both orders', () => {
    const sorted = new SortedRows([rowOf(1, null), rowOf(2, 5), rowOf(3, 0)])
    for (const order of ['asc', 'desc']) expect(all(sorted, { sort: 'score', order }).at(-1)).to.equal(addressOf(1))
  })

  it('finds a provider by a part of its address, its peer or its multiaddr, and by its short form', () => {
    const sorted = new SortedRows([rowOf(0xabcdef, 3), rowOf(77, 3)])
    for (const q of ['ABCDEF', 'peer-11259375', '192.0.2.239', '0x0000…cdef', '0x00..ef', '0x00...abcdef']) {
      expect(all(sorted, { q }), q).to.deep.equal([addressOf(0xabcdef)])
    }
    expect(all(sorted, { q: '0x0000…cdee' })).to.deep.equal([])
  })
})
