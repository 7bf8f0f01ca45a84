/** A process that runs sessions, as many at once as it is given. It ends when the process that started it ends. */
import '../../../proto/polyfill.js'
import { seededRandom } from '../../lab/line/random.js'
import { CELLS } from './cells.js'
import { HOSTS } from './hosts.js'
import { linesOf } from './lines.js'
import type { JusticeRow } from './result.js'
import { type RigReading, runSession, SENDERS } from './rig.js'
import type { Job, WorkerAnswer } from './worker-messages.js'

const answer = (message: WorkerAnswer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
process.on('message', async (job: Job) => {
  try {
    answer({ job, row: rowOf(await run(job), job.claimKbps) })
  } catch (error) {
    answer({ job, failure: (error as Error).message })
  }
})
answer({ ready: true })

function run({ cell: name, seed, claimKbps }: Job): Promise<RigReading> {
  const cell = CELLS.find(one => one.name === name)!
  const lines = linesOf(cell, claimKbps, SENDERS, seededRandom(seed))
  return runSession({ claimKbps, hosts: HOSTS[cell.family], lines })
}

function rowOf({ outcome, passedKbps, lagMs, tookMs }: RigReading, claimKbps: number): JusticeRow {
  const measurement = 'measurement' in outcome ? outcome.measurement : undefined
  return {
    outcome: outcome.kind,
    reason: 'reason' in outcome ? outcome.reason : null,
    reading: measurement ? measurement.rateKbps / claimKbps : null,
    passed: measurement && passedKbps !== undefined ? passedKbps / claimKbps : null,
    megabytes: (measurement?.receivedBytes ?? 0) / 1e6,
    seconds: tookMs / 1000,
    lagMs,
  }
}
