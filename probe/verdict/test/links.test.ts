import { expect } from 'chai'
import { hoardingFactor } from '../hoarding.js'
import * as links from './support/links.js'
import { CLAIM_KBPS, read, THRESHOLD_KBPS } from './support/sessions.js'

const SESSIONS = 200
/** A household's link that carries the claim carries this much. */
const HONEST_KBPS = CLAIM_KBPS / 0.7
const SLOW_KBPS = 0.6 * CLAIM_KBPS

type Model = (kbps: number, random: links.Random) => links.Link

const { dropTail, delayed, sharedWithReno, gilbertElliott, stalling, policer, cellular } = links

/** Links of which 60 % of the claim is low in any session. */
const MODELS: Readonly<Record<string, Model>> = {
  'a short buffer': kbps => dropTail(kbps, 50),
  'a buffer of 2 s, empty': kbps => dropTail(kbps, 2000),
  'a standing delay of 0.25–3 s': (kbps, random) => delayed(dropTail(kbps, 50), 250 + 2700 * random()),
  'a buffer of 0.1–2 s, full of one Reno flow': (kbps, random) => sharedWithReno(kbps, 100 + 1900 * random(), 1),
  'a buffer of 0.1–2 s, full of three Reno flows': (kbps, random) => sharedWithReno(kbps, 100 + 1900 * random(), 3),
  CoDel: kbps => links.codel(kbps),
  'bursts of loss (100 ms of 50 % every 600 ms)': (kbps, random) =>
    gilbertElliott(dropTail(kbps, 50), 500, 100, 0.5, random),
  'bursts of loss (100 ms of 90 % every 500 ms)': (kbps, random) =>
    gilbertElliott(dropTail(kbps, 50), 400, 100, 0.9, random),
  'bursts of loss (200 ms of 90 % every 2.2 s)': (kbps, random) =>
    gilbertElliott(dropTail(kbps, 50), 2000, 200, 0.9, random),
  'Wi-Fi stalls of 50–200 ms every second': (kbps, random) =>
    stalling(4 * CLAIM_KBPS, 1000, 1000, dropTail(kbps, 100), random),
  'Wi-Fi stalls of 50–200 ms every 250 ms': (kbps, random) =>
    stalling(4 * CLAIM_KBPS, 250, 1000, dropTail(kbps, 100), random),
  'a policer of 8 kB': kbps => policer(kbps, 8_000),
  'a policer of 256 kB': kbps => policer(kbps, 256_000),
}

/** These carry the claim at times even if their mean is 60 % of it. */
const SWINGING: Readonly<Record<string, Model>> = {
  'a cellular link, ±50 % every 0.1–0.4 s': (kbps, random) => dropTail(cellular(kbps, 0.5, [100, 400], random), 50),
  'a cellular link, ±50 % every 0.5–2 s, buffer of 0.5 s': (kbps, random) =>
    dropTail(cellular(kbps, 0.5, [500, 2000], random), 500),
  'a cellular link, ±50 % every 1–4 s': (kbps, random) => dropTail(cellular(kbps, 0.5, [1000, 4000], random), 50),
}

function* sessionsOf(model: Model, kbps: number, yieldMs?: number) {
  for (let seed = 1; seed <= SESSIONS; seed++) {
    const random = links.randomOf(seed)
    const reading = read(model(kbps, random), { beforeMs: 3000 + 4000 * random(), yieldMs: yieldMs ?? 4000 })
    // By one sender's sample; all senders share the link.
    yield { seed, reading, rateKbps: reading.rateKbps * hoardingFactor(reading.transits, reading) }
  }
}

describe('readings of modelled links', () => {
  for (const [name, model] of Object.entries({ ...MODELS, ...SWINGING })) {
    it(`are never low if the mean is claim/0.7: ${name}`, () => {
      for (const { seed, rateKbps } of sessionsOf(model, HONEST_KBPS))
        expect(rateKbps, `seed ${seed}`).to.be.at.least(THRESHOLD_KBPS)
    })
  }

  for (const [name, model] of Object.entries(MODELS)) {
    it(`are low at 60 % of the claim, and last long enough for evidence: ${name}`, () => {
      let low = 0
      for (const { reading, rateKbps } of sessionsOf(model, SLOW_KBPS, 1000)) {
        if (rateKbps < THRESHOLD_KBPS && reading.toMs - reading.sinceMs >= 1000) low++
      }
      expect(low).to.be.at.least(0.95 * SESSIONS)
    })
  }

  it('are low at 60 % of the claim in most sessions on a link that swings', () => {
    for (const model of Object.values(SWINGING)) {
      const all = [...sessionsOf(model, SLOW_KBPS)]
      expect(all.filter(({ rateKbps }) => rateKbps < THRESHOLD_KBPS).length).to.be.at.least(0.6 * SESSIONS)
    }
  })

  it('are what the household’s own greedy flows leave, under fair queueing', () => {
    for (const flows of [1, 3]) {
      const { rateKbps } = read(links.fairShare(HONEST_KBPS, flows))
      expect(rateKbps).to.be.closeTo(HONEST_KBPS / (flows + 1), 0.02 * HONEST_KBPS)
    }
  })

  it('take no longer behind a link that keeps the claim, whatever a low reading may take', () => {
    const ends = [1000, 4000].map(yieldMs => read(dropTail(HONEST_KBPS, 50), { yieldMs }).endMs)
    expect(ends).to.deep.equal([620, 620])
  })
})
