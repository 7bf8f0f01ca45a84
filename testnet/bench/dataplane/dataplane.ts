/**
 * `npm run bench -- dataplane`: how much verified payload passes from a sender through a relay to a receiver, each a process
 * of its own, with either backend; compared with iperf3 over the same links without a relay, and with socat as the relay.
 */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Backend } from '../../../probe/io/datagram-port.js'
import { loadNative } from '../../../probe/io/native.js'
import type { Compiled } from '../../lab/compile.js'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { bare, compileBare } from './bare.js'
import { type BenchRole, startRole } from './bench-role.js'
import { openPath, type Path } from './path.js'
import { iperf3, startSocat } from './programs.js'
import { type DataplaneResult, labelOf } from './results.js'
import type { Role } from './role-messages.js'
import { highestRate, type Trial } from './search.js'
import { type RelayPart, transfer } from './transfer.js'
import { criteriaOf, type Row, type Rows, total, verdictOf } from './verdict.js'

const OPTIONS = {
  /** one round of short trials */
  quick: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  repeat: { type: 'string' },
  json: { type: 'string', default: 'bench-dataplane.json' },
} as const

/** The search for the highest rate begins here: dgram and socat carry about as much, everything else more. */
const FROM_GBPS = 0.4
/** Compilers and caches are warm after this. */
const WARM_UP_MS = 1000

interface Measured extends Trial {
  readonly coreSeconds: Readonly<Record<string, number>>
  readonly kernelSeconds: Readonly<Record<string, number>>
  readonly residentMb?: Readonly<Record<string, number>>
}
type Name = keyof Rows

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const [seconds, repeat] = values.quick ? ['1', '1'] : ['2', '3']
  const ms = positive('seconds', values.seconds ?? seconds) * 1000
  const rounds = positive('repeat', values.repeat ?? repeat)
  const watchdog = await startWatchdog()
  /** the best trial of each round, or undefined */
  const found = new Map<Name, (Measured | undefined)[]>()
  let description = ''
  try {
    const bareProgram = await compileBare(watchdog)
    const path = await openPath(watchdog, line => console.log(line))
    description = path.description
    console.log(`path: ${description}; load ${loadavg()[0]!.toFixed(1)} on ${cpus().length} processors`)
    try {
      for (let round = 1; round <= rounds; round++) {
        for (const name of await waysToCarry(bareProgram)) {
          const best = await measure(name, path, ms, watchdog, bareProgram)
          found.set(name, [...(found.get(name) ?? []), best])
          console.log(
            `[${round}/${rounds}] ${name.padEnd(8)} ${best ? describe(best) : 'carried no rate without loss'}`,
          )
        }
      }
    } finally {
      await path.close()
      bareProgram?.close()
    }
  } finally {
    await watchdog.close()
  }
  const rows = Object.fromEntries([...found].flatMap(([name, best]) => rowOf(name, best) ?? [])) as Rows
  for (const row of Object.values(rows)) console.log(summary(row))
  const criteria = criteriaOf(rows)
  const { ok, line } = verdictOf(criteria)
  const result: DataplaneResult = {
    bench: 'dataplane',
    date: new Date().toISOString(),
    machine: machineText(),
    path: description,
    seconds: ms / 1000,
    rows,
    criteria,
    ok,
    verdict: line,
  }
  writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(line)
  return ok ? 0 : 1
}

async function waysToCarry(bareProgram: Compiled | undefined): Promise<Name[]> {
  const native: Name[] = (await loadNative()) ? ['mmsg', 'offload'] : []
  return ['iperf3', ...(bareProgram ? ['bare' as const] : []), ...native, 'dgram', 'socat']
}

async function measure(
  name: Name,
  path: Path,
  ms: number,
  watchdog: Watchdog,
  bareProgram: Compiled | undefined,
): Promise<Measured | undefined> {
  if (name === 'bare') return bareProgram && highestRate(FROM_GBPS, gbps => bare(bareProgram, path, gbps, ms, watchdog))
  if (name === 'iperf3') return highestRate(FROM_GBPS, gbps => iperf3(path, gbps, ms, watchdog))
  // socat stands between the same ends as dgram, so that only the relays differ.
  const backend: Backend = name === 'dgram' || name === 'socat' ? 'dgram' : 'mmsg'
  const offload = name === 'offload'
  const opened: { close(): Promise<void> }[] = []
  const start = async (role: Role): Promise<BenchRole> => {
    const host = role === 'relay' && path.host.relay !== path.host.sender ? '0.0.0.0' : path.host[role]
    const started = await startRole({ role, host, backend, offload }, path.inside[role], watchdog)
    opened.push(started.process)
    return started
  }
  try {
    const [sender, receiver] = [await start('sender'), await start('receiver')]
    let relay: RelayPart
    if (name === 'socat') {
      const challenge = async (tag: string) => {
        await sender.process.ask({ challenge: { tag, to: relay } }, 'done')
      }
      const socat = await startSocat(path, receiver.port, challenge, watchdog)
      opened.push(socat)
      relay = socat
    } else {
      relay = ourRelay(await start('relay'), path, receiver.port)
    }
    const carry = (gbps: number, forMs: number) => transfer(sender, relay, receiver, path.host.receiver, gbps, forMs)
    await carry(FROM_GBPS / 2, WARM_UP_MS)
    return await highestRate(FROM_GBPS, gbps => carry(gbps, ms))
  } finally {
    for (const one of opened.reverse()) await one.close()
  }
}

function ourRelay({ process, port }: BenchRole, path: Path, receiverPort: number): RelayPart {
  const to = { host: path.host.receiver, port: receiverPort }
  return {
    pid: process.pid,
    host: path.host.relay,
    port,
    open: async (tag, rateKbps, ms) => {
      await process.ask({ relay: { tag, to, rateKbps, ms } }, 'done')
    },
    finish: async () => {
      await process.ask({ finish: true }, 'done')
    },
  }
}

/** The middle round stands for all. @returns nothing if no round carried a rate without loss */
function rowOf(name: Name, rounds: readonly (Measured | undefined)[]): [[Name, Row]] | undefined {
  const sorted = rounds.filter(best => best !== undefined).sort((a, b) => a.gbps - b.gbps)
  const middle = sorted[sorted.length >> 1]
  if (!middle) return undefined
  const { gbps, coreSeconds, kernelSeconds, residentMb = {} } = middle
  const each = {
    roundsGbps: rounds.map(best => best?.gbps ?? 0),
    roundsCoreSeconds: rounds.map(best => (best ? total(best.coreSeconds) : 0)),
  }
  return [[name, { name, gbps, coreSeconds, kernelSeconds, residentMb, ...each }]]
}

const describe = ({ gbps, loss, coreSeconds }: Measured): string =>
  `${gbps.toFixed(2)} Gbit/s, ${(100 * loss).toFixed(2)} % lost, ${total(coreSeconds).toFixed(2)} core-seconds per Gbit`

function summary(row: Row): string {
  const list = (values: Readonly<Record<string, number>>, digits: number) =>
    Object.entries(values)
      .map(([role, value]) => `${role} ${value.toFixed(digits)}`)
      .join(', ')
  const { gbps, coreSeconds, kernelSeconds } = row
  const memory = list(row.residentMb, 0)
  return (
    `${labelOf(row)}: ${gbps.toFixed(2)} Gbit/s; core-seconds per Gbit ${total(coreSeconds).toFixed(2)}` +
    ` (${list(coreSeconds, 2)}), in the kernel ${total(kernelSeconds).toFixed(2)}` +
    `${memory && `; resident MB ${memory}`}`
  )
}
