/** The bench's end of the process of a role. */
import { entryPoint } from '../../process/entry-point.js'
import { RoleProcess } from '../../process/role-process.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Inside } from './path.js'
import type { Answer, Order, RoleOptions } from './role-messages.js'

const READY_MS = 30_000

export interface BenchRole {
  readonly process: RoleProcess<Order, Answer>
  readonly port: number
}

/** @throws ChildError if the process ends or stays silent */
export async function startRole(options: RoleOptions, inside: Inside, watchdog: Watchdog): Promise<BenchRole> {
  const argv = inside([...entryPoint(import.meta.url, './role-main.js'), JSON.stringify(options)])
  const process = RoleProcess.start<Order, Answer>({ name: `the ${options.role}`, argv, watchdog, output: 'inherit' })
  return { process, port: await process.ready('ready', READY_MS) }
}
