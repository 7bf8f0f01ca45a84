/** A small run of `bench strangers`, with real connections and real UDP, and its verdict. */
import { expect } from 'chai'
import type { Outcome } from '../../../probe/index.js'
import { type Found, failuresOf } from '../strangers/result.js'
import { runStrangers } from '../strangers/run.js'

const CLAIM_KBPS = 5000
const verified = (rateKbps: number) => ({ kind: 'verified', measurement: { rateKbps } }) as Outcome

describe('the verdict of bench strangers', () => {
  const found: Found = {
    ...{ claimKbps: CLAIM_KBPS, keys: 100, alone: [verified(5000), verified(4990)], attacked: [verified(4900)] },
    withoutClasses: [{ kind: 'no-data', reason: 'provider-unreachable' }],
    openings: { opened: 100, openedBytes: 60_800, reflectedBytes: 60_800 },
    crowd: { keys: 9, shutOut: 1, mute: 9, openings: 9, granted: 1, refused: 1, unanswered: 1, sentDatagrams: 1 },
  }

  it('passes within its limits', () => expect(failuresOf(found)).to.deep.equal([]))

  const wrong: [string, Partial<Found>, RegExp][] = [
    ['a reading 4 % lower', { attacked: [verified(5000), verified(4790)] }, /lowered a reading to 96/],
    ['a reading 4 % higher', { attacked: [verified(5200)] }, /raised a reading/],
    ['another outcome', { attacked: [{ kind: 'refused', refusals: 3 }] }, /not verified: refused/],
    ['reflection', { openings: { ...found.openings, reflectedBytes: 60_801 } }, /reflected/],
    ['an attack that did not come', { openings: { ...found.openings, opened: 99 } }, /99 of 100 keys/],
    ['an attack that got nothing', { crowd: { ...found.crowd, granted: 0 } }, /No stranger got a session/],
    ['an attack that harms nobody', { withoutClasses: [verified(5000)] }, /proves little/],
  ]
  for (const [name, more, failure] of wrong) {
    it(`fails for ${name}`, () => expect(failuresOf({ ...found, ...more }).join(' ')).to.match(failure))
  }
})

describe('strangers at an honest provider', () => {
  it('change no outcome, and reflect no more than they send', async function () {
    this.retries(2)
    const notes: string[] = []
    const plan = { claimKbps: CLAIM_KBPS, keys: 1000, addresses: 16, sessions: 2, flood: 5 }
    const { alone, attacked, openings, crowd } = await runStrangers(plan, line => notes.push(line))
    expect(
      [...alone, ...attacked].map(({ kind }) => kind),
      notes.join('\n'),
    ).to.deep.equal(Array(4).fill('verified'))
    expect(openings.reflectedBytes).to.be.within(1, openings.openedBytes)
    expect(openings.opened).to.equal(plan.keys)
    expect(crowd.granted).to.be.greaterThan(0)
  })
})
