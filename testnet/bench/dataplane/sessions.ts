/**
 * `npm run bench -- dataplane-sessions`: one receiver with many sessions at once, round after round. The providers
 * forward a little less than their claim, by an exact limit, so that every reading has a truth to be held against; the
 * receiver's process is this one, so that its memory can be watched.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Receiver, systemClock } from '../../../probe/index.js'
import { environmentWithoutSettings } from '../../../verifier/cli/settings.js'
import { peerVerifier } from '../../../verifier/net/peer-keys.js'
import { newKeys } from '../../lab/keys.js'
import { measure } from '../../lab/session.js'
import { entryPoint } from '../../process/entry-point.js'
import { startWatchdog } from '../../process/watchdog.js'
import { processorsText } from '../machine.js'
import { positive } from '../numbers.js'
import { median, quantile } from '../quantile.js'
import { IpcStreams, type StreamMessage } from './ipc-streams.js'
import type { Others, OthersOptions } from './others.js'
import type { Round, SessionsResult } from './results.js'

const OPTIONS = {
  sessions: { type: 'string', default: '16' },
  mbps: { type: 'string', default: '200' },
  minutes: { type: 'string', default: '10' },
  json: { type: 'string', default: 'bench-dataplane-sessions.json' },
} as const

const HOST = '127.0.0.1'
/**
 * Part of its claim that each provider forwards. It is above the slashing threshold, so only the reading is in
 * question.
 */
const DELIVERED = 0.95
const MAX_MEDIAN_ERROR = 0.01
const MAX_P95_ERROR = 0.03
/** Of the process's memory, from the second fifth of the time to the last. */
const MAX_GROWTH = 0.1

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const sessions = positive('sessions', values.sessions)
  const limitKbps = Math.round((positive('mbps', values.mbps) * 1000) / sessions)
  const claimKbps = Math.round(limitKbps / DELIVERED)
  const minutes = positive('minutes', values.minutes)
  const keys = await newKeys()
  const watchdog = await startWatchdog()
  const rounds: Round[] = []
  const options: OthersOptions = { receiverPeerId: keys.peerId, providers: sessions, claimKbps, limitKbps }
  const [command, ...argv] = [...entryPoint(import.meta.url, './others-main.js'), JSON.stringify(options)]
  const child = spawn(command!, argv, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
    detached: true,
    env: environmentWithoutSettings(),
  })
  if (child.pid !== undefined) watchdog.watch(child.pid)
  const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
  try {
    const [{ others }] = (await once(child, 'message')) as [{ others: Others }]
    const streams = new IpcStreams(
      message => void child.send(message),
      () => {},
    )
    child.on('message', (message: StreamMessage) => streams.take(message))
    const startMs = performance.now()
    const endMs = startMs + minutes * 60_000
    const errorOf = async (provider: number) => {
      const { outcome } = await measure({
        ...{ claimKbps, receiver, signer: keys.signer, host: HOST },
        senders: others.senders.map((peerId, slot) => ({
          verifier: peerVerifier(peerId),
          open: async () => streams.open(`${slot}/${provider}`),
        })),
      })
      return 'measurement' in outcome ? outcome.measurement.rateKbps / limitKbps - 1 : undefined
    }
    while (performance.now() < endMs) {
      const errors = await Promise.all(Array.from({ length: sessions }, (_, provider) => errorOf(provider)))
      const residentMb = process.memoryUsage.rss() / 1e6
      const seconds = (performance.now() - startMs) / 1000
      rounds.push({ seconds, residentMb, errors: errors.filter(error => error !== undefined) })
    }
  } finally {
    await receiver.close()
    child.disconnect()
    await once(child, 'exit')
    await watchdog.close()
  }
  const { ok, line, figures } = verdictOf(rounds, sessions)
  const result: SessionsResult = {
    bench: 'dataplane-sessions',
    date: new Date().toISOString(),
    machine: `${processorsText()}, Node ${process.version}, load ${loadavg()[1]!.toFixed(1)}`,
    backend: receiver.facts.backend,
    ...{ sessions, claimKbps, limitKbps },
    ...figures,
    ...{ rounds, ok, verdict: line },
  }
  writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(line)
  return ok ? 0 : 1
}

function verdictOf(rounds: readonly Round[], sessions: number) {
  const errors = rounds.flatMap(round => round.errors).map(Math.abs)
  const missing = rounds.length * sessions - errors.length
  const fifth = (n: number) =>
    rounds.slice(Math.floor((rounds.length * n) / 5), Math.ceil((rounds.length * (n + 1)) / 5))
  const memory = (n: number) => median(fifth(n).map(({ residentMb }) => residentMb))
  const figures = {
    medianError: median(errors),
    p95Error: quantile(errors, 0.95),
    missing,
    residentMb: { early: memory(1), late: memory(4) },
  }
  const { medianError, p95Error, residentMb } = figures
  const ok =
    missing === 0 &&
    medianError <= MAX_MEDIAN_ERROR &&
    p95Error <= MAX_P95_ERROR &&
    residentMb.late <= residentMb.early * (1 + MAX_GROWTH)
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  const line =
    `dataplane-sessions: ${ok ? 'as promised' : 'FAILED'}: ${rounds.length} rounds of ${sessions} sessions, error median ` +
    `${percent(medianError)} (≤ ${percent(MAX_MEDIAN_ERROR)}), P95 ${percent(p95Error)} (≤ ${percent(MAX_P95_ERROR)}), ` +
    `${missing} without a reading, memory ${residentMb.early.toFixed(0)} to ${residentMb.late.toFixed(0)} MB`
  return { ok, line, figures }
}
