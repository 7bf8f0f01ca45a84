import { mock } from 'node:test'
import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { Director } from '../director.js'
import type { PlannedFault } from '../scenario.js'

const GENESIS_MS = 1_000_000
const CLOCK = { genesisMs: GENESIS_MS, epochMs: 20_000, eraEpochs: 5 }

describe('the director of a scenario', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: GENESIS_MS - 5000 }))
  afterEach(() => mock.timers.reset())

  /** Whose faults note when they begin and end, in seconds from genesis. */
  function directorOf(planned: PlannedFault[], fails?: 'begin' | 'end') {
    const seen: string[] = []
    const note = (step: 'begin' | 'end', name: string) => async () => {
      seen.push(`${name} ${step} ${(Date.now() - GENESIS_MS) / 1000}`)
      if (step === fails) throw new Error('no such node')
    }
    const make = ({ kill, pause }: PlannedFault) => {
      const name = String(kill ?? pause)
      return { begin: note('begin', name), end: note('end', name) }
    }
    return { seen, director: new Director(planned, DEVNET, make, () => {}) }
  }

  async function passTo(seconds: number): Promise<void> {
    mock.timers.tick(GENESIS_MS + seconds * 1000 - Date.now())
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }

  it('begins and ends each fault in time, and all that still goes on when it stops', async () => {
    const { seen, director } = directorOf([
      { kill: ['verifier-1'], from: 1.5, to: 2 },
      { pause: ['verifier-2'], from: 2 },
      { kill: ['verifier-3'], from: 9 },
    ])
    await director.beforeNodes()
    const toMs = director.follow(CLOCK).map(({ toMs }) => toMs)
    expect(toMs).to.deep.equal([GENESIS_MS + 20_000, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
    for (const seconds of [10, 20, 25]) await passTo(seconds)
    await director.stop()
    expect(seen).to.deep.equal(['verifier-1 begin 10', 'verifier-2 begin 20', 'verifier-1 end 20', 'verifier-2 end 25'])
  })

  it('ends a fault from the start after its seconds, even before the network has a clock', async () => {
    const { seen, director } = directorOf([{ kill: ['all'], from: 'start', for: 3 }])
    await director.beforeNodes()
    await passTo(-2)
    director.follow(CLOCK)
    await passTo(30)
    expect(seen).to.deep.equal(['all begin -5', 'all end -2'])
  })

  it('names a fault that could not begin, and goes on', async () => {
    const { director } = directorOf([{ kill: ['verifier-9'], from: 1 }], 'begin')
    director.follow(CLOCK)
    await passTo(1)
    await director.stop()
    expect(director.failures).to.deep.equal(['The fault "verifier-9 killed" failed: no such node.'])
  })
})
