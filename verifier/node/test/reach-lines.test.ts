import { expect } from 'chai'
import { REACH_STEP, type ReachStepName, type ReachTest } from '../../../proto/messages.js'
import { isReached, reachLines } from '../reach-lines.js'

const STEPS = Object.keys(REACH_STEP) as ReachStepName[]
const test = (step: ReachStepName, passed: boolean): ReachTest => ({ step: REACH_STEP[step], passed, detail: 'D' })
const host = '203.0.113.7'

describe('lines about a provider’s ports', () => {
  it('say that all is well', () => {
    const lines = reachLines({ host, tests: STEPS.map(step => test(step, true)) })
    expect(lines.map(({ step, passed }) => [step, passed])).to.deep.equal(STEPS.map(step => [step, true]))
    expect(isReached(lines)).to.equal(true)
  })

  it('say what to do about the first fault, and what was not tested after it', () => {
    const advice: Record<ReachStepName, RegExp> = {
      tcp: /--listen .*203\.0\.113\.7.* --announce/,
      udpOut: /--udp-port/,
      udpIn: /Forward .*--udp-announce/,
      fullSize: /MTU of at least 1280/,
    }
    for (const [i, failing] of STEPS.entries()) {
      const tests = STEPS.slice(0, i + 1).map(step => test(step, step !== failing))
      const lines = reachLines({ host, tests })
      expect(lines.map(({ passed }) => passed)).to.deep.equal(STEPS.map((_, at) => (at > i ? undefined : at < i)))
      expect(lines[i]!.text).to.match(advice[failing])
      expect(isReached(lines)).to.equal(false)
      for (const { text } of lines) expect(text).to.not.include('\n')
    }
  })

  it('do not take a report without tests, or with unknown ones, for a pass', () => {
    expect(isReached(reachLines({ host, tests: [] }))).to.equal(false)
    expect(isReached(reachLines({ host, tests: [{ step: 99, passed: true, detail: '' }] }))).to.equal(false)
  })
})
