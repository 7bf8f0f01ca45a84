/** Whole sessions in both labs. The lab of namespaces is tested only if this machine can run it. */

import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { sessionRow } from '../../bench/measure/summary.js'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'
import { InProcessLab } from '../in-process-lab.js'
import type { Lab } from '../lab.js'
import { NamespaceLab } from '../namespace-lab.js'
import { whyNoNamespaceLab, whyNoNamespaces } from '../support.js'

const CELL = { rateKbps: 10_000, rttMs: 40, lossPercent: 1 }
/** Wide, since other tests may run beside this one. The bench checks the probe's accuracy. */
const ERROR = 0.1

const TIMEOUT_MS = 300_000
const READY_MS = 60_000

/** A test that only some machines can run. On other machines it gives the reason. */
const where = (reason: string | undefined) => (title: string, test: () => Promise<void>) =>
  reason === undefined ? it(title, test) : it.skip(`${title} (not here: ${reason})`, test)
const withNamespaces = where(await whyNoNamespaces())
const TRIES = 5
const withLab = where(await whyNoNamespaceLab())

describe('lab sessions', function () {
  this.timeout(TIMEOUT_MS)
  let lab: Lab | undefined

  afterEach(async () => {
    await lab?.close()
    lab = undefined
  })

  it('measure through a link in this process', async () => {
    lab = await InProcessLab.open()
    await checkSession(lab)
  })

  withLab('measure through network namespaces', async () => {
    lab = await NamespaceLab.open()
    await checkSession(lab)
    const flow = await lab.iperf3!({ protocol: 'udp', seconds: 1, options: ['--bitrate', '5M'] })
    // One second on a busy machine shows whether iperf3 runs and is read, not how well it sends.
    expect(flow.readingKbps).to.be.within(1000, 6000)
    expect(flow.link.rateKbps(flow.link.fromMs, flow.link.toMs)).to.be.within(500, 6000)
  })

  withNamespaces('leave no namespace, process or file behind when they are killed', async () => {
    const child = ChildProcess.start({ name: 'a lab', argv: entryPoint(import.meta.url, './fixtures/lab-main.js') })
    const line = await child.line(READY_MS)
    const { namespaces, directory } = JSON.parse(line) as { namespaces: string[]; directory: string | null }
    expect(namespaces.filter(isHeld)).to.have.length(namespaces.length)
    child.kill('SIGKILL')
    while (namespaces.some(isHeld) || (directory !== null && existsSync(directory))) await pause(10)
  })
})

async function checkSession(lab: Lab): Promise<void> {
  await lab.shape(CELL)
  let calibration = await lab.calibrate()
  const isOff = () => Math.abs(calibration.linkKbps - CELL.rateKbps) > ERROR * CELL.rateKbps
  // A link that its process did not serve for a while was idle meanwhile.
  for (let tries = 1; tries < TRIES && isOff(); tries++) calibration = await lab.calibrate()
  expect(calibration.linkKbps).to.be.closeTo(CELL.rateKbps, ERROR * CELL.rateKbps)
  let session = await lab.measure()
  let row = sessionRow(session, CELL, calibration)
  // A pause of a busy machine ends a session in any way, or lowers its reading.
  const isWhole = () => row.outcome === 'verified' && Math.abs(row.error) <= ERROR
  for (let tries = 1; tries < TRIES && !isWhole(); tries++) {
    session = await lab.measure()
    row = sessionRow(session, CELL, calibration)
  }
  const story = JSON.stringify([row, session.reading, calibration])
  expect(row.outcome, story).to.equal('verified')
  expect(row.error, story).to.be.within(-ERROR, ERROR)
  expect(row.lostShare, story).to.be.within(0.001, 0.03)
  // The invitation and its answer, the word to start and the data, the word to stop and the reveal: three round trips.
  expect(session.reading.tookMs - row.sendingMs, story).to.be.at.least(2 * CELL.rttMs)
}

/** Whether any process is in the namespace. @param namespace as /proc/PID/ns/net links to it */
function isHeld(namespace: string): boolean {
  return readdirSync('/proc').some(pid => /^\d+$/.test(pid) && namespaceOf(pid) === namespace)
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined // it has ended in the meantime
  }
}
