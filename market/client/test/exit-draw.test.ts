/** Which exit is next. */
import { expect } from 'chai'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { ExitDraw } from '../exit-draw.js'
import type { OfferingExit } from '../market-view.js'
import { nobodySuits } from '../nobody-suits.js'

const accountAt = (i: number): Hex => `0x${(i + 1).toString(16).padStart(40, '0')}`
const exitAt = (i: number, price: bigint): OfferingExit => ({
  ...{ account: accountAt(i), price, region: ZERO_HASH, address: 'x:1', publicKey: ZERO_HASH, certHash: ZERO_HASH },
})

describe('the draw of exits', () => {
  let exits: OfferingExit[]
  let poor: Set<Hex>
  let draw: ExitDraw
  beforeEach(() => {
    exits = [exitAt(0, 3n), exitAt(1, 1n), exitAt(2, 2n)]
    poor = new Set()
    draw = new ExitDraw({
      office: { canPay: account => !poor.has(account), nothingLeft: nobodySuits('nothing is left to pay with') },
      exits: () => exits,
      wishes: () => ({ maxPrice: 3n, minScoreBps: 0, minTier: 0, regions: undefined, lane: undefined }),
    })
  })
  const next = (...tried: number[]) => {
    const exit = draw.next(new Set(tried.map(accountAt)))
    return exit && exits.indexOf(exit)
  }

  it('takes the cheapest, each once in a round', () => {
    expect([next(), next(1), next(1, 2), next(1, 2, 0)]).to.deep.equal([1, 2, 0, undefined])
  })

  it('attack: takes one that failed after all that failed less, however many cheap ones there are', () => {
    exits = [exitAt(0, 3n), ...Array.from({ length: 9 }, (_, i) => exitAt(i + 1, 1n))]
    for (let i = 1; i < 10; i++) draw.failed(accountAt(i))
    expect(next()).to.equal(0)
    draw.failed(accountAt(0))
    draw.served(accountAt(0))
    expect(next()).to.equal(0)
  })

  it('takes one that is paid for if there is no money for a cheaper one, and says so if there is none for any', () => {
    poor = new Set([accountAt(1), accountAt(2)])
    expect(next()).to.equal(0)
    expect(next(0)).to.equal(undefined)
    poor.add(accountAt(0))
    expect(() => next()).to.throw('nothing is left to pay with')
  })

  it('says why none suits', () => {
    exits = [exitAt(0, 4n)]
    expect(() => next()).to.throw('none of 1 exits suits: dearer than --max-price')
    exits = []
    expect(() => next()).to.throw('nobody offers an exit')
  })
})
