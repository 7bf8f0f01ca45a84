/** The processes of one mix: the relay, a process for the users of each class, and a verifier. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../probe/system.js'
import { entryPoint } from '../../process/entry-point.js'
import { RoleProcess } from '../../process/role-process.js'
import type { Watchdog } from '../../process/watchdog.js'
import { LINK_KBPS, type Mix, PAYING, type Paying, usersOf } from './plan.js'
import type { ClassRow, MixRow } from './result.js'
import type { Answer, Order, RoleOptions } from './role-messages.js'

const HOST = '127.0.0.1'
const READY_MS = 30_000
/** From the first datagrams until the link is full, and everybody has paid. */
const WARM_UP_MS = 3000
/** Beyond the measured time, for the last probe. */
const SLACK_MS = 60_000

type Role = RoleProcess<Order, Answer>

export async function measureMix(mix: Mix, seconds: number, seed: string, watchdog: Watchdog): Promise<MixRow> {
  const directory = mkdtempSync(join(tmpdir(), 'bandwitness-lanes-'))
  watchdog.temporary(directory)
  const roles: Role[] = []
  const start = async (name: string, options: RoleOptions) => {
    const argv = [...entryPoint(import.meta.url, './role-main.js'), JSON.stringify(options)]
    const role: Role = RoleProcess.start<Order, Answer>({ name, argv, watchdog, output: 'ignore' })
    roles.push(role)
    return { role, port: await role.ready('ready', READY_MS) }
  }
  try {
    const users = usersOf(mix, seed).map((user, number) => ({ ...user, number }))
    const market = { host: HOST }
    const vouchers = join(directory, 'relay')
    const relay = await start('the relay', { role: 'relay', ...market, users, directory: vouchers })
    const at = { host: HOST, port: relay.port }
    const verifier = await start('the verifier', { role: 'verifier', host: HOST, relay: at })
    const classes: { readonly traffic: Paying; readonly users: number; readonly role: Role }[] = []
    for (const traffic of PAYING) {
      const mine = users.filter(user => user.traffic === traffic)
      const own = { users: mine, directory: join(directory, traffic), seed: `${seed} ${mix} ${traffic}` }
      const { role } = await start(`the ${traffic} users`, { role: 'users', ...market, ...own, relay: at })
      await role.ask({ start: true }, 'done')
      classes.push({ traffic, users: mine.length, role })
    }
    const fromMs = systemClock.now() + WARM_UP_MS
    const span = { fromMs, toMs: fromMs + seconds * 1000 }
    const patienceMs = WARM_UP_MS + seconds * 1000 + SLACK_MS
    const [carried, readings] = await Promise.all([
      Promise.all(
        classes.map(async ({ traffic, users, role }): Promise<[Paying, ClassRow]> => {
          return [traffic, { users, ...(await role.ask({ measure: span }, 'carried', patienceMs)) }]
        }),
      ),
      verifier.role.ask({ probe: span }, 'readings', patienceMs),
    ])
    const counted = await relay.role.ask({ stats: true }, 'counted')
    const rows = Object.fromEntries(carried) as Record<Paying, ClassRow>
    return { mix, seconds, linkKbps: LINK_KBPS, classes: rows, readings, counted }
  } finally {
    for (const role of roles.reverse()) await role.close()
    rmSync(directory, { recursive: true, force: true })
  }
}
