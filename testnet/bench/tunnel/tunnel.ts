/**
 * `npm run bench -- tunnel`: how long a user's traffic stands still when a provider dies, and how much a tunnel carries.
 * Beside it: the kernel's MPTCP over the same paths, shadowsocks-libev behind socat, and `ssh -D`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { MODES } from '../../../probe/tunnel/index.js'
import { UserError } from '../../../verifier/config/errors.js'
import { whyNoNamespaces } from '../../lab/support.js'
import { run as runCommand } from '../../process/commands.js'
import { startWatchdog } from '../../process/watchdog.js'
import { verdictOf } from '../criteria.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { Seeded } from '../seeded.js'
import { mptcpFaults, tunnelFaults } from './fault-rows.js'
import { Network } from './network.js'
import { Parts } from './parts.js'
import {
  allowSubflows,
  congestions,
  isInstalled,
  startServer,
  startShadowsocks,
  startSsh,
  whyNoMptcp,
} from './programs.js'
import { type Other, otherRate, type RateOptions, tunnelRate } from './rate-rows.js'
import { FAULTS, type FaultRow, type RateRow, type TunnelResult, type UptimeRow } from './result.js'
import { tunnelTables } from './tables.js'
import { uptime } from './uptime-rows.js'
import { criteriaOf } from './verdict.js'

const OPTIONS = {
  faults: { type: 'string', default: '50' },
  /** Mbit/s of each path in the rows of faults */
  rate: { type: 'string', default: '25' },
  /** in the rows of rates, of a hundred packets each way */
  loss: { type: 'string', default: '0.5' },
  seconds: { type: 'string', default: '10' },
  seed: { type: 'string', default: 'tunnel' },
  /** e.g. kill-spread, mptcp, rates, rates-100, rates-tunnel: rows whose names have all parts of one (default: all) */
  only: { type: 'string', multiple: true },
  /** the rows of uptime instead of all others */
  uptime: { type: 'boolean', default: false },
  /** of uptime */
  minutes: { type: 'string', default: '10' },
  json: { type: 'string', default: 'bench-tunnel.json' },
} as const

const PATHS = 3
const RATES_MBPS = [25, 100] as const

export async function run(args: string[]): Promise<number> {
  const { values, positionals: files } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  if (files.length > 0) return report(joined(files.map(read)), values.json)
  const count = Math.ceil(positive('faults', values.faults))
  const rateKbps = 1000 * positive('rate', values.rate)
  const seconds = positive('seconds', values.seconds)
  const minutes = positive('minutes', values.minutes)
  const lossPercent = Number(values.loss)
  const reason = await whyNoNamespaces()
  if (reason !== undefined) throw new UserError('usage', `This bench needs network namespaces: ${reason}.`)
  const isWanted = (name: string) =>
    !values.only || values.only.some(only => only.split('-').every(part => name.split(' ').includes(part)))
  const [faults, rates, uptimes]: [FaultRow[], RateRow[], UptimeRow[]] = [[], [], []]
  const notes: string[] = []
  const beganMs = performance.now()
  const watchdog = await startWatchdog()
  const closers: (() => Promise<void>)[] = [() => watchdog.close()]
  let delayBy = ''
  try {
    const network = await Network.open(PATHS, watchdog)
    closers.push(() => network.close())
    delayBy = network.delayBy
    await network.shape(rateKbps)
    const parts = await Parts.start(network, watchdog)
    closers.push(() => parts.close())
    if (values.uptime) {
      for (const legs of [1, 2, 3]) {
        const random = new Seeded(`${values.seed} uptime ${legs}`)
        uptimes.push(await uptime(parts, { legs, seconds: 60 * minutes, rateKbps, random }))
        console.log(JSON.stringify(uptimes.at(-1)))
      }
    } else {
      for (const fault of FAULTS) {
        for (const mode of MODES) {
          const name = `${mode} ${fault}`
          if (!isWanted(name)) continue
          const random = new Seeded(`${values.seed} ${name}`)
          faults.push(await tunnelFaults(parts, mode, { fault, count, rateKbps, random }))
          console.log(lineOf(faults.at(-1)!))
        }
      }
      const hasPython = await isInstalled(['python3', '--version'])
      if (!hasPython) notes.push('Python 3 is not installed, so there are no rows of other programs')
      const noMptcp = await whyNoMptcp(network)
      if (noMptcp !== undefined) notes.push(`There is no MPTCP: ${noMptcp}`)
      const hasMptcp = hasPython && noMptcp === undefined
      if (hasMptcp) {
        await allowSubflows(network)
        closers.push(await startServer('mptcp', network, watchdog))
      }
      for (const fault of FAULTS) {
        if (!hasMptcp || !isWanted(`mptcp ${fault}`)) continue
        const random = new Seeded(`${values.seed} mptcp ${fault}`)
        faults.push(await mptcpFaults(network, watchdog, { fault, count, rateKbps, random }))
        console.log(lineOf(faults.at(-1)!))
      }
      const cells: RateOptions[] = RATES_MBPS.map(mbps => ({ pathKbps: 1000 * mbps, lossPercent, seconds }))
      for (const cell of [...cells, { pathKbps: undefined, lossPercent: 0, seconds }]) {
        const name = `rates ${cell.pathKbps === undefined ? 'most' : cell.pathKbps / 1000}`
        await network.shape(cell.pathKbps, cell.lossPercent)
        const random = new Seeded(`${values.seed} ${name}`)
        const add = (row: RateRow) => {
          rates.push(row)
          console.log(JSON.stringify(row))
        }
        if (isWanted(`${name} tunnel`))
          for (const legs of [1, 2] as const) add(await tunnelRate(parts, legs, cell, random))
        if (!hasPython || !isWanted(`${name} others`)) continue
        const closeServer = await startServer('tcp', network, watchdog)
        const others = await othersHere(network, notes)
        if (hasMptcp) others.push({ what: 'mptcp', congestion: others[0]?.congestion ?? 'bbr', start: undefined })
        for (const other of others) add(await otherRate(other, network, watchdog, cell))
        await closeServer()
      }
    }
  } finally {
    for (const close of closers.reverse()) await close()
  }
  const commit = await runCommand(['git', 'rev-parse', '--short', 'HEAD']).catch(() => 'unknown')
  const facts = { date: new Date().toISOString(), machine: machineText(), commit, seed: values.seed, delayBy }
  console.log(`${((performance.now() - beganMs) / 1000).toFixed(0)} s`)
  return report({ ...facts, faults, rates, uptimes, notes: [...new Set(notes)] }, values.json)
}

type Found = Omit<TunnelResult, 'bench' | 'criteria' | 'ok' | 'verdict'>

function report(found: Found, file: string): number {
  const criteria = criteriaOf(found)
  const { ok, line } = verdictOf('tunnel', criteria)
  const result: TunnelResult = { bench: 'tunnel', ...found, criteria, ok, verdict: line }
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  console.log(tunnelTables(result))
  return ok ? 0 : 1
}

const read = (file: string): TunnelResult => JSON.parse(readFileSync(file, 'utf8')) as TunnelResult

/** Rows that were measured one after another, so that others may use the machine in between. */
function joined(results: readonly TunnelResult[]): Found {
  const [first] = results
  return {
    ...first!,
    commit: [...new Set(results.map(({ commit }) => commit))].join(', '),
    faults: results.flatMap(({ faults }) => faults),
    rates: results.flatMap(({ rates }) => rates),
    uptimes: results.flatMap(({ uptimes }) => uptimes),
    notes: [...new Set(results.flatMap(({ notes }) => notes))],
  }
}

async function othersHere(network: Network, notes: string[]): Promise<Other[]> {
  const others: Other[] = []
  const found = await congestions(network)
  if (!found.includes('cubic'))
    notes.push('No namespace may choose CUBIC on this machine, so the other programs use BBR and Reno')
  if ((await isInstalled(['ss-server', '-h'])) && (await isInstalled(['socat', '-V']))) {
    for (const congestion of found) others.push({ what: 'shadowsocks', congestion, start: startShadowsocks })
  } else notes.push('shadowsocks-libev or socat is not installed')
  if (await isInstalled(['sh', '-c', 'command -v ssh && test -x /usr/sbin/sshd']))
    others.push({ what: 'ssh', congestion: found[0]!, start: startSsh })
  else notes.push('ssh or sshd is not installed')
  return others
}

function lineOf({ way, fault, readings, seconds }: FaultRow): string {
  const gaps = readings.map(({ gapMs }) => gapMs.toFixed(0)).join(' ')
  const shares = readings.map(({ share }) => share.toFixed(2)).join(' ')
  const left = readings.map(({ leftMs }) => leftMs?.toFixed(0) ?? '–').join(' ')
  return `${way} ${fault}, ${seconds.toFixed(0)} s: gaps ${gaps}; left after ${left}; shares ${shares}`
}
