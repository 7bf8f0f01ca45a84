/** Whom the next leg uses, and what a client says if there is nobody. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { LegDraw } from '../leg-draw.js'
import type { OfferingProvider } from '../market-view.js'
import { nobodySuits } from '../nobody-suits.js'

const accountAt = (i: number): Hex => `0x${(i + 1).toString(16).padStart(40, '0')}`
const providerAt = (i: number, change: Partial<OfferingProvider> = {}): OfferingProvider => ({
  ...{ account: accountAt(i), hosts: [`10.0.${i}.1`], price: 100n, scoreBps: 9000, tier: 2, region: ZERO_HASH },
  ...{ lanes: undefined, penalties: 0, claimKbps: 25_000, tokenKey: undefined },
  ...{ peer: { peerId: 'peer', multiaddrs: [] }, ...change },
})
const AVOID_MS = 60_000

describe('the draw of legs', () => {
  let providers: OfferingProvider[]
  let poor: Set<Hex>
  let barred: Set<Hex>
  let nowMs: number
  let draw: LegDraw
  beforeEach(() => {
    providers = [providerAt(0), providerAt(1)]
    ;[poor, barred] = [new Set(), new Set()]
    nowMs = 0
    draw = new LegDraw({
      office: { canPay: account => !poor.has(account), nothingLeft: nobodySuits('nothing is left to pay with') },
      providers: () => providers,
      wishes: () => ({ maxPrice: 100n, minScoreBps: 0, minTier: 0, regions: undefined, lane: undefined }),
      exit: { host: '10.9.9.1', port: 4600, account: accountAt(99) },
      may: account => !barred.has(account),
      clock: { now: () => nowMs },
      random: { bytes: length => randomBytes(length) },
    })
  })
  const next = (used: number[] = [], again?: number) =>
    draw.next(
      used.map(i => providers[i]!),
      again === undefined ? undefined : providers[again],
    )

  it('leaves a provider alone for a minute after a failure, unless it is the last', () => {
    draw.avoid(accountAt(0))
    for (let i = 0; i < 20; i++) expect(next()).to.equal(providers[1])
    expect(next([1]), 'while another leg carries').to.equal(undefined)
    draw.avoid(accountAt(1))
    expect(next(), 'rather than nobody').to.be.oneOf(providers)
    nowMs += AVOID_MS
    expect(next([1])).to.equal(providers[0])
  })

  it('gives a leg that is used up another one at the same provider, if nobody else is there', () => {
    expect(next([0], 0)).to.equal(providers[1])
    expect(next([0, 1], 0)).to.equal(providers[0])
    expect(next([0, 1])).to.equal(undefined)
    draw.avoid(accountAt(0))
    expect(next([0, 1], 0)).to.equal(undefined)
  })

  it('takes nobody whom nothing is left for, and says so', () => {
    poor.add(accountAt(0))
    expect(next()).to.equal(providers[1])
    poor.add(accountAt(1))
    expect(next()).to.equal(undefined)
    expect(draw.whyNobody().message).to.include('nothing is left to pay with')
  })

  it('takes nobody who may not have a leg now, not even rather than nobody', () => {
    barred = new Set([accountAt(0)])
    draw.avoid(accountAt(1))
    for (let i = 0; i < 20; i++) expect(next()).to.equal(providers[1])
    barred.add(accountAt(1))
    expect(next()).to.equal(undefined)
  })

  it('says why nobody suits', () => {
    providers = [providerAt(0, { price: 101n }), providerAt(1, { hosts: ['10.9.9.2'] })]
    expect(next()).to.equal(undefined)
    expect(draw.whyNobody().message).to.include(
      "none of 2 providers suits: dearer than --max-price; at the exit's address",
    )
    providers = [providerAt(99)]
    expect(draw.whyNobody().message).to.include('no provider but the exit offers to carry traffic')
  })
})
