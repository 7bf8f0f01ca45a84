import { expect } from 'chai'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { STRANGERS_FILL, STRANGERS_WAIT_MS } from '../../constants.js'
import { LeftOver } from '../left-over.js'

const CLAIM_KBPS = 10_000
const SECONDS = 10

/** @returns the rates at which each class passes, as shares of the claim, if they are offered like this */
function pass(offered: { readonly reserved: number; readonly strangers: number }, leftOver: LeftOver, fromMs = 0) {
  const passed = { reserved: 0, strangers: 0 }
  const sent = { reserved: 0, strangers: 0 }
  for (let ms = 0; ms < SECONDS * 1000; ms++) {
    for (const name of ['strangers', 'reserved'] as const) {
      for (; sent[name] < (offered[name] * CLAIM_KBPS * ms) / 8; sent[name] += IP_DATAGRAM_BYTES) {
        if (leftOver.take(name === 'reserved', IP_DATAGRAM_BYTES, fromMs + ms)) passed[name] += IP_DATAGRAM_BYTES
      }
    }
  }
  const share = (bytes: number) => (bytes * 8) / (SECONDS * 1000 * CLAIM_KBPS)
  return { reserved: share(passed.reserved), strangers: share(passed.strangers) }
}

describe('what reserved sessions leave to strangers', () => {
  const fresh = () => new LeftOver(CLAIM_KBPS, 0)

  it('is a little more than the claim on an idle provider, however much strangers send', () => {
    expect(pass({ reserved: 0, strangers: 5 }, fresh()).strangers).to.be.closeTo(STRANGERS_FILL, 0.01)
  })

  it('is nothing while reserved sessions send more than the claim', () => {
    const { reserved, strangers } = pass({ reserved: 1.65, strangers: 5 }, fresh())
    expect(reserved).to.be.closeTo(1.65, 0.01)
    expect(strangers).to.be.lessThan(0.001)
  })

  it('is the rest in between: together no more than STRANGERS_FILL', () => {
    for (const share of [0.1, 0.5, 0.9]) {
      const { reserved, strangers } = pass({ reserved: share, strangers: 5 }, fresh())
      expect(reserved).to.be.closeTo(share, 0.01)
      expect(reserved + strangers).to.be.closeTo(STRANGERS_FILL, 0.01)
    }
  })

  it('opens again soon after reserved sessions have ended, and not in a sender’s pause', () => {
    const leftOver = fresh()
    pass({ reserved: 1.65, strangers: 0 }, leftOver)
    const endMs = SECONDS * 1000
    expect(leftOver.take(false, IP_DATAGRAM_BYTES, endMs + STRANGERS_WAIT_MS / 2)).to.equal(false)
    expect(leftOver.take(false, IP_DATAGRAM_BYTES, endMs + STRANGERS_WAIT_MS + 10)).to.equal(true)
  })

  it('follows the claim', () => {
    const leftOver = fresh()
    leftOver.setClaim(2 * CLAIM_KBPS, 0)
    expect(pass({ reserved: 0, strangers: 5 }, leftOver).strangers).to.be.closeTo(2 * STRANGERS_FILL, 0.02)
  })
})
