/** A process that runs sessions, as many at once as it is given. It ends when the process that started it ends. */
import '../../../proto/polyfill.js'
import { Receiver, systemClock } from '../../../probe/index.js'
import { seededRandom } from '../../lab/line/random.js'
import { CELLS, type JusticeCell } from './cells.js'
import { hostsOf, PLACES } from './hosts.js'
import { linesOf } from './lines.js'
import { runSession, SENDERS } from './rig.js'
import { rowOf } from './rows.js'
import type { SessionFigures } from './session-figures.js'
import { bothTries } from './tries.js'
import type { Job, WorkerAnswer } from './worker-messages.js'

const WARM_UP = { cell: 'control', seed: 1, claimKbps: 10_000 } as const

const receivers = new Map<JusticeCell['family'], Promise<Receiver>>()
const places = Array.from({ length: PLACES }, (_, place) => place)

const answer = (message: WorkerAnswer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
process.on('message', async (job: Job) => {
  try {
    const { family } = cellOf(job)
    if (!receivers.has(family)) receivers.set(family, openReceiver(family))
    const receiver = await receivers.get(family)!
    const tries = await bothTries(n => run({ ...job, seed: job.seed + n }, receiver))
    answer({ job, row: rowOf(tries, job.claimKbps) })
  } catch (error) {
    answer({ job, failure: (error as Error).message })
  }
})
answer({ ready: true })

/**
 * As a verifier has it: one for all sessions. It has heard a provider before, so it blames one that it does not hear.
 */
async function openReceiver(family: JusticeCell['family']): Promise<Receiver> {
  const receiver = await Receiver.open({ host: hostsOf(family, 0).ends, port: 0, clock: systemClock })
  await run(WARM_UP, receiver, family)
  return receiver
}

async function run(job: Job, receiver: Receiver, family = cellOf(job).family): Promise<SessionFigures> {
  const place = places.shift()!
  const lines = linesOf(cellOf(job), job.claimKbps, SENDERS, seededRandom(job.seed))
  try {
    return await runSession({ claimKbps: job.claimKbps, hosts: hostsOf(family, place), lines, receiver })
  } finally {
    places.push(place)
  }
}

function cellOf({ cell }: Job): JusticeCell {
  return CELLS.find(({ name }) => name === cell)!
}
