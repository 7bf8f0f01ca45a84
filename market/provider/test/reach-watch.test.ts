/** Fault: the line of a provider gets another address while the provider runs. */
import { expect } from 'chai'
import { REACH_STEP, type ReachReport } from '../../../proto/messages.js'
import { ReachWatch } from '../reach-watch.js'

const STEPS = Object.values(REACH_STEP)
const reached: ReachReport = {
  host: '203.0.113.4',
  tests: STEPS.map(step => ({ step, passed: true, detail: '/ip4/203.0.113.4/tcp/4002' })),
}
const moved: ReachReport = {
  host: '203.0.113.9',
  tests: [{ step: REACH_STEP.tcp, passed: false, detail: 'you announce no address of 203.0.113.9' }],
}
const noVerifier = undefined

/** @param answers of verifiers, in the order in which they are asked; the last one stays */
function watching(...answers: (ReachReport | undefined | Error)[]) {
  const waits: number[] = []
  const lines: string[] = []
  const write = (text: unknown) => lines.push(typeof text === 'string' ? text : JSON.stringify(text))
  const watch = new ReachWatch({
    testReach: async () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer instanceof Error) throw answer
      return answer
    },
    wait: async ms => {
      waits.push(ms)
    },
    log: { debug: () => undefined, info: write, warn: write },
  })
  return { watch, waits, lines, answers }
}

describe('the watch over whether a provider is reached', () => {
  it('tells the operator when the line has got another address, and when it is reached again', async () => {
    const { watch, lines, answers } = watching(reached, moved)
    await watch.look()
    expect(watch.fault).to.equal(undefined)
    await watch.look()
    expect(watch.fault).to.include('203.0.113.9').and.to.include('--announce')
    expect(lines.filter(line => line.includes('you announce no address of 203.0.113.9'))).to.have.lengthOf(1)
    answers.splice(0, answers.length, reached)
    await watch.look()
    expect(watch.fault).to.equal(undefined)
    expect(lines.at(-1)).to.equal('verifiers reach this provider again')
  })

  it('believes one verifier that reaches it more than others that do not', async () => {
    const { watch, waits } = watching(moved, new Error('cannot reach it'), noVerifier, reached)
    await watch.look()
    expect(watch.fault).to.equal(undefined)
    expect(waits).to.have.lengthOf(3)
  })

  it('keeps what it knows while no verifier tests it', async () => {
    const { watch, answers } = watching(moved)
    await watch.look()
    answers.splice(0, answers.length, noVerifier)
    await watch.look()
    expect(watch.fault).to.include('203.0.113.9')
  })

  it('asks until the node stops', async () => {
    const stopped = new Error('stopped')
    stopped.name = 'AbortError'
    const { watch, waits } = watching(noVerifier, noVerifier, noVerifier, noVerifier, reached, stopped)
    const end = await watch.run().catch((error: Error) => error)
    expect(end).to.equal(stopped)
    expect(
      waits.filter(ms => ms >= 3_600_000),
      'an hour between two looks',
    ).to.have.lengthOf(2)
  })
})
