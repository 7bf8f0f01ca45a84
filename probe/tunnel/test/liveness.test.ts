import { expect } from 'chai'
import { ALL_SILENT_MS, PING_MS } from '../constants.js'
import { Answers, type Hearing, NO_EXCUSE, Silence, Smoothed, silenceMs } from '../liveness.js'

const leg = (heardMs: number, jitterMs = 0): Hearing => ({
  ...{ heardMs, jitterMs, rttMs: 10, excuse: NO_EXCUSE },
  ...{ unansweredShare: 0, flow: 0 },
})

/** Looks every PING_MS while the given legs hear something. @returns when each leg was first found silent */
function silentAt(
  legs: Hearing[],
  isHeard: (leg: Hearing, nowMs: number) => boolean,
  ms: number,
): Map<Hearing, number> {
  const [silence, found] = [new Silence(), new Map<Hearing, number>()]
  for (let nowMs = 0; nowMs <= ms; nowMs += PING_MS) {
    for (const each of legs) if (isHeard(each, nowMs)) silence.heard(each, legs, nowMs)
    for (const each of silence.silent(legs, nowMs)) if (!found.has(each)) found.set(each, nowMs)
  }
  return found
}

describe('liveness', () => {
  it('waits for three pings and four times the jitter', () => {
    expect(silenceMs(0)).to.equal(60)
    expect(silenceMs(10)).to.equal(100)
  })

  it('waits for more pings where some are lost by chance, and on an idle leg alone', () => {
    expect(silenceMs(0, 0.005)).to.equal(60)
    expect(silenceMs(0, 0.0975), 'a loss of 5 % each way').to.equal(120)
    expect(silenceMs(0, 1)).to.equal(200)
    const lossy = { ...leg(0), unansweredShare: 0.0975 }
    const other = leg(0)
    const foundAt = (everyMs: number) => {
      Object.assign(lossy, leg(0), { unansweredShare: 0.0975 })
      const silence = new Silence()
      for (let nowMs = 0; nowMs <= 600; nowMs += everyMs) {
        if (nowMs <= 200) silence.heard(lossy, [lossy, other], nowMs)
        silence.heard(other, [lossy, other], nowMs)
        if (nowMs % PING_MS === 0 && silence.silent([lossy, other], nowMs).includes(lossy)) return nowMs
      }
      return undefined
    }
    expect(foundAt(PING_MS), 'idle').to.equal(340)
    expect(foundAt(2), 'with a datagram every 2 ms').to.equal(280)
  })

  it('counts which pings were answered', () => {
    const answers = new Answers()
    for (let i = 0; i < 1000; i++) {
      answers.asked(i)
      if (i % 10 !== 0) answers.answered(i)
    }
    expect(answers.unansweredShare).to.be.within(0.08, 0.12)
    answers.answered(1)
    expect(answers.unansweredShare, 'late ones count no more').to.be.within(0.08, 0.12)
  })

  it('finds the leg that is silent while another is not', () => {
    const [one, other] = [leg(0), leg(0, 5)]
    const found = silentAt([one, other], (each, nowMs) => each === other || nowMs < 200, 400)
    expect([...found]).to.deep.equal([[one, 260]])
  })

  it('blames none while all are silent, for a time', () => {
    const legs = [leg(0), leg(0)]
    const found = silentAt(legs, (_, nowMs) => nowMs < 200, 200 + ALL_SILENT_MS + 100)
    expect([...found.values()]).to.deep.equal([600, 600])
  })

  it('gives all a new start once one is heard again', () => {
    const [one, slower] = [leg(0), leg(0)]
    const found = silentAt([one, slower], (each, nowMs) => nowMs < 200 || nowMs >= (each === one ? 400 : 440), 800)
    expect(found.size).to.equal(0)
  })

  it('does not take its own pause for silence', () => {
    const [silence, legs] = [new Silence(), [leg(0), leg(0)]]
    for (const each of legs) silence.heard(each, legs, 0)
    silence.silent(legs, 0)
    for (const nowMs of [500, 520, 540]) {
      silence.heard(legs[0]!, [], nowMs)
      expect(silence.silent(legs, nowMs)).to.deep.equal([])
    }
    silence.heard(legs[0]!, [], 580)
    expect(silence.silent(legs, 580), 'and still sees silence').to.deep.equal([legs[1]])
  })

  it('smooths as RFC 6298 does', () => {
    const smoothed = new Smoothed()
    expect(smoothed.value).to.equal(undefined)
    smoothed.add(100)
    smoothed.add(108)
    expect(smoothed.value).to.equal(101)
    expect(smoothed.jitter).to.equal(2)
  })
})
