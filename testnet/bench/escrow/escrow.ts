/**
 * `npm run bench -- escrow`: SIGKILL of a client, its provider or its exit, again and again. What the chain pays is at most what
 * was delivered, what it does not pay is at most what the market states, and no voucher that was kept is lost.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CREDIT_BYTES, windowBytes } from '../../../market/exit/meter.js'
import { paidWindowBytes } from '../../../probe/plane/allowance.js'
import { shapeOf } from '../../../probe/verdict/session-shape.js'
import { startWebServer } from '../../market/web-server.js'
import { run as runCommand } from '../../process/commands.js'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { Seeded } from '../seeded.js'
import { Audit } from './audit.js'
import { deliveredOf } from './bounds.js'
import { CLAIM_KBPS, ROLES } from './ground.js'
import { type EscrowResult, faultsIn, type KillRow, type TrioEnd, verdictOf } from './result.js'
import { Rounds } from './rounds.js'
import { escrowTables } from './tables.js'
import { Trio } from './trio.js'

const OPTIONS = {
  kills: { type: 'string', default: '20' },
  /** clients with a provider, an exit and a chain of their own, side by side */
  trios: { type: 'string', default: '2' },
  seed: { type: 'string' },
  json: { type: 'string', default: 'bench-escrow.json' },
} as const

const PAGE_BYTES = 64 << 20

const { rateKbps, budgetBytes } = shapeOf(CLAIM_KBPS)
/** Sessions with a token begin with the budget that they were granted. */
const RELAY_LIMITS = { windowBytes: paidWindowBytes(rateKbps), creditBytes: budgetBytes }
const EXIT_LIMITS = { windowBytes: windowBytes(PAGE_BYTES), creditBytes: CREDIT_BYTES }

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const [count, trios] = [Math.ceil(positive('kills', values.kills)), Math.ceil(positive('trios', values.trios))]
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  console.log(`seed ${seed}`)
  const beganMs = performance.now()
  const [kills, ends]: [KillRow[], TrioEnd[]] = [[], []]
  const watchdog = await startWatchdog()
  const directory = mkdtempSync(join(tmpdir(), 'bandwitness-escrow-'))
  watchdog.temporary(directory)
  const page = await startWebServer(PAGE_BYTES, seed)
  let left = count
  const killing = async (number: number) => {
    const random = new Seeded(`${seed} trio ${number}`)
    const trio = await openTrio(number, seed, join(directory, `${number}`), page.url, watchdog)
    try {
      const audit = new Audit(trio, { relay: RELAY_LIMITS, exit: EXIT_LIMITS })
      const rounds = new Rounds(number, trio, audit, random)
      for (const role of ROLES) rounds.start(role)
      while (left > 0) {
        left--
        const row = await rounds.next()
        kills.push(row)
        console.error(lineOf(row, kills.length))
      }
      ends.push(await rounds.finish())
    } catch (error) {
      const nothing = { channels: 0, deposited: '0', redeemed: '0' }
      ends.push({ trio: number, ...nothing, faults: [`trio ${number} broke off: ${(error as Error).message}`] })
    } finally {
      await trio.close()
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(trios, count) }, (_, i) => killing(i + 1)))
    if (faultsIn({ kills, ends }).length > 0) {
      watchdog.keep(directory)
      console.error(`the logs are in ${directory}`)
    }
  } finally {
    await page.close()
    await watchdog.close()
  }
  const commit = await runCommand(['git', 'rev-parse', '--short', 'HEAD']).catch(() => 'unknown')
  const found = { kills, ends }
  const result: EscrowResult = {
    ...{ bench: 'escrow', date: new Date().toISOString(), machine: machineText(), commit, seed },
    ...{ relay: RELAY_LIMITS, exit: EXIT_LIMITS, ...found },
    ...{ seconds: Math.round((performance.now() - beganMs) / 1000), verdict: verdictOf(found) },
  }
  writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(escrowTables(result))
  return faultsIn(found).length === 0 ? 0 : 1
}

async function openTrio(number: number, seed: string, directory: string, page: URL, watchdog: Watchdog): Promise<Trio> {
  mkdirSync(directory)
  return Trio.open(number, `${seed} ${number}`, directory, page, watchdog)
}

function lineOf(
  { trio, victim, isEarly, isWithheld, isClosing, relay, exit, tookMs, faults }: KillRow,
  n: number,
): string {
  const marks = [isEarly && 'early', isWithheld && 'withheld', isClosing && 'closing'].filter(Boolean).join(' ')
  const kb = (bytes: number) => Math.round(bytes / 1000)
  const bytes = [relay, exit].map(
    life => `${kb(deliveredOf(life))} / ${kb(life.signedBytes)} / ${kb(life.paidBytes)} kB`,
  )
  const line = `${n}: trio ${trio}, ${victim} ${marks}: relay ${bytes[0]}, exit ${bytes[1]}, ${(tookMs / 1000).toFixed(1)} s`
  return [line, ...faults].join('\n  ')
}
