/** Time servers on real UDP ports, right and wrong, and the chain's block times. */
import { expect } from 'chai'
import { systemRandom } from '../../../../probe/index.js'
import { type Answers, answerTo, serveTime } from '../../../../testnet/guides/time-server.js'
import { clockByBlocks, clockByServers, gradeOffset } from '../clock.js'
import { askTime, type TimeServer, timesIn } from '../sntp.js'

/** Both clocks stand still: what a busy machine takes between a request and its answer is no offset. */
const NOW_MS = Date.now()
const MODULES = { wall: { nowMs: () => NOW_MS }, clock: { now: () => 0 }, random: systemRandom }
/** Of a server that is so much ahead of the clock that stands still. */
const stillAnswerTo = (request: Buffer, ms: number) => answerTo(request, NOW_MS + ms - Date.now())

describe('the doctor on the clock', function () {
  this.retries(2)
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  async function serve(answers: Answers): Promise<TimeServer> {
    const { server, close } = await serveTime(answers)
    closing.push(close)
    return server
  }
  const ahead = (ms: number, change = (answer: Buffer) => answer) =>
    serve((request, { port, address }, socket) => socket.send(change(stillAnswerTo(request, ms)), port, address))

  it('finds a clock that is 3 s off, on either side, and no fault with one that is right', async () => {
    for (const [ms, grade, side] of [
      [3000, 'bad', 'behind'],
      [-3000, 'bad', 'ahead'],
      [500, 'warning', 'behind'],
      [0, 'good', ''],
    ] as const) {
      const [finding] = await clockByServers([await ahead(ms)], MODULES)
      expect(finding).to.include({ subject: 'clock', grade })
      expect(finding!.found).to.include(side)
    }
  })

  it('takes the median, so one server that lies moves nothing, and names a server that is silent', async () => {
    const servers = [await ahead(0), await ahead(86_400_000), await ahead(0), { host: '127.0.0.1', port: 1 }]
    const [clock, silent] = await clockByServers(servers, MODULES)
    expect(clock).to.include({ subject: 'clock', grade: 'good' })
    expect(silent).to.include({ subject: 'time server', grade: 'warning' })
  })

  it('believes only the answer to its own request', async () => {
    const forging = await serve((request, { port, address }, socket) => {
      const forged = stillAnswerTo(request, 86_400_000)
      forged.fill(7, 24, 32)
      socket.send(forged, port, address)
      socket.send(stillAnswerTo(request, 0), port, address)
    })
    expect(Math.abs((await askTime(forging, MODULES)).offsetMs)).to.be.below(1000)
  })

  it('says in words why a server gives no time', async () => {
    const faults: [(answer: Buffer) => Buffer, RegExp][] = [
      [answer => answer.fill('RATE', 12, 16).fill(0, 1, 2), /refuses \(RATE\)/],
      [answer => answer.fill(0xe4, 0, 1), /does not know the time/],
      [answer => answer.fill(0, 32, 48), /holds no time/],
      [answer => answer.fill(0x23, 0, 1), /not one of a server/],
      [answer => answer.subarray(0, 47), /too short/],
    ]
    for (const [change, words] of faults) {
      const [, why] = await clockByServers([await ahead(0, change)], MODULES)
      expect(why!.found).to.match(words)
    }
  })

  it('reads a time of the era that begins in 2036', () => {
    const packet = answerTo(Buffer.alloc(48), 0)
    packet.writeUInt32BE(60, 32)
    expect(timesIn(packet)[0]).to.be.closeTo(Date.UTC(2036, 1, 7, 6, 28, 16) + 60_000, 1000)
  })

  it('does not call a clock wrong where the answer was too slow to tell', () => {
    expect(gradeOffset({ server: 's', offsetMs: 1500, delayMs: 1200 }).grade).to.equal('warning')
    expect(gradeOffset({ server: 's', offsetMs: 1500, delayMs: 100 }).grade).to.equal('bad')
  })

  it('knows a clock that is behind by one block of the chain, and does not wait for it in vain', async () => {
    const startMs = Date.now()
    let clockMs = 0
    const newestBlockMs = async () => {
      clockMs += 4000
      return startMs + 3000 + clockMs / 4000
    }
    const finding = await clockByBlocks({
      wall: { nowMs: () => startMs },
      clock: { now: () => clockMs },
      newestBlockMs,
    })
    expect(finding).to.include({ subject: 'clock', grade: 'bad' })
    expect(finding.found).to.match(/at least [23]\.\d s behind the chain's/)
    const still = await clockByBlocks({
      ...MODULES,
      clock: { now: () => (clockMs += 8000) },
      newestBlockMs: async () => 1,
    })
    expect(still).to.include({ grade: 'warning' })
    expect(still.advice).to.include('--ntp')
  })
})
