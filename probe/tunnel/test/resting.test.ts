/** A tunnel that nobody uses, with a clock that the test turns. quiche keeps its own time. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { LEAST_PAID_BYTES, SESSION_MS } from '../../constants.js'
import type { Mode } from '../bodies.js'
import { KEEP_ALIVE_MS, PING_MS, REST_AFTER_MS, REST_PING_MS } from '../constants.js'
import type { QuicStream } from '../quic-stream.js'
import { ManualTime } from './fixtures/manual-time.js'
import { Pair } from './fixtures/pair.js'
import { IDEAL, type SimProvider } from './fixtures/sim-network.js'

const DELAY_MS = 20
const STEP_MS = 5
const TEXT = 'what came meanwhile'

async function resting({ loss = 0, mode = 'spread' as Mode, legs = 2 } = {}) {
  const time = new ManualTime()
  const came: string[] = []
  const onStream = (stream: QuicStream) => stream.on('data', (bytes: Buffer) => came.push(String(bytes)))
  const pair = await Pair.open({ time, mode, onStream })
  const added = Array.from({ length: legs }, () => pair.addLeg({ ...IDEAL, delayMs: DELAY_MS }))
  const turn = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      time.turn(STEP_MS)
      await pause(0)
    }
  }
  /** @returns after how many ms it was so */
  const until = async (isSo: () => boolean) => {
    const startMs = time.now()
    while (!isSo()) await turn(STEP_MS)
    return time.now() - startMs
  }
  await until(() => pair.tunnel?.isOpen === true && added.every(({ leg }) => leg.isJoined))
  const stream = pair.openStream()
  stream.write('first')
  await until(() => came.length > 0)
  for (const { leg } of added) leg.unpad()
  await turn(REST_AFTER_MS + 2 * KEEP_ALIVE_MS)
  for (const { provider } of added) provider.conditions = { ...IDEAL, delayMs: DELAY_MS, loss }
  const counted = added.map(({ provider }) => counting(provider))
  return {
    pair,
    stream,
    came,
    turn,
    until,
    counted,
    legs: added.map(({ leg }) => leg),
    providers: added.map(p => p.provider),
  }
}

function counting(provider: SimProvider) {
  const sent = { up: 0, down: 0 }
  provider.tamper = (datagram, direction) => {
    sent[direction]++
    return [datagram]
  }
  return sent
}

describe('a tunnel that nobody uses', () => {
  it('pings rarely, and carries an acknowledgement each way every second, so that BBR knows the round trip', async () => {
    const { pair, turn, counted } = await resting({ legs: 1 })
    await turn(10 * KEEP_ALIVE_MS)
    const pings = (10 * KEEP_ALIVE_MS) / REST_PING_MS
    // Of each end's ten questions and ten answers two may share a packet.
    for (const count of Object.values(counted[0]!)) expect(count - pings).to.be.within(15, 25)
    pair.close()
  })

  it('carries as much as keeps its sessions open, twice in the time that payments give them', async () => {
    const { pair, turn, providers } = await resting({ mode: 'standby' })
    const before = providers.map(({ delivered }) => ({ ...delivered }))
    await turn(SESSION_MS / 2)
    // Of the leg that stands by, too: it carries pings alone.
    for (const [i, { delivered }] of providers.entries()) {
      expect(delivered.up - before[i]!.up, `up leg ${i}`).to.be.above(LEAST_PAID_BYTES)
      expect(delivered.down - before[i]!.down, `down leg ${i}`).to.be.above(LEAST_PAID_BYTES)
    }
    pair.close()
  })

  it('pings as always as soon as something is written, also at the exit', async () => {
    const { pair, stream, came, turn, counted } = await resting({ legs: 1 })
    stream.write(TEXT)
    await turn(1000)
    expect(came.at(-1)).to.equal(TEXT)
    expect(counted[0]!.up).to.be.above((0.9 * 1000) / PING_MS)
    stream.resume()
    await turn(REST_AFTER_MS)
    counted[0]!.up = 0
    pair.streams[0]!.write(TEXT)
    await turn(1000)
    expect(counted[0]!.up).to.be.above((0.9 * 1000) / PING_MS)
    pair.close()
  })

  it('finds a leg that died, and pings rarely again', async () => {
    const { pair, legs, providers, turn, until, counted } = await resting()
    providers[0]!.isStopped = true
    const tookMs = await until(() => legs[0]!.isDead)
    // The next ping, the answer that does not come, and as much again for three more.
    expect(tookMs).to.be.below(REST_PING_MS + 2 * (2 * DELAY_MS + 5 * PING_MS))
    expect(pair.client.activeLegs).to.deep.equal([legs[1]])
    await turn(1000)
    counted[1]!.up = 0
    await turn(1000)
    expect(counted[1]!.up).to.be.below(15)
    pair.close()
  })

  for (const mode of ['spread', 'standby', 'copies'] as const)
    it(`loses nothing that either end says in the moment in which a leg dies, in mode ${mode}`, async () => {
      const { pair, stream, came, legs, providers, until } = await resting({ mode })
      const back: string[] = []
      stream.on('data', (bytes: Buffer) => back.push(String(bytes)))
      providers[0]!.isStopped = true
      stream.write(TEXT)
      pair.streams[0]!.write(TEXT)
      await until(() => back.join('') === TEXT && came.join('') === `first${TEXT}`)
      await until(() => legs[0]!.isDead)
      expect(legs[1]!.isDead).to.equal(false)
      pair.close()
    })

  it('keeps legs on which a quarter of all datagrams is lost', async () => {
    const { pair, legs, turn } = await resting({ loss: 0.25 })
    await turn(20_000)
    expect(legs.map(({ isDead }) => isDead)).to.deep.equal([false, false])
    pair.close()
  })
})
