/** A crowd of strangers in a process of its own. */
import { entryPoint } from '../process/entry-point.js'
import { RoleProcess } from '../process/role-process.js'
import type { Watchdog } from '../process/watchdog.js'
import type { Attack, CrowdAnswer, CrowdOrder, CrowdReport } from './messages.js'

const READY_MS = 30_000

export class Crowd {
  readonly #process: RoleProcess<CrowdOrder, CrowdAnswer>

  private constructor(process: RoleProcess<CrowdOrder, CrowdAnswer>) {
    this.#process = process
  }

  static async start(attack: Attack, watchdog?: Watchdog): Promise<Crowd> {
    const argv = entryPoint(import.meta.url, './crowd-main.js')
    const crowd = new Crowd(RoleProcess.start({ name: 'the crowd of strangers', argv, watchdog }))
    await crowd.#process.ready('ready', READY_MS)
    await crowd.#process.ask({ attack }, 'report')
    return crowd
  }

  /** Ends the attack. */
  async stop(): Promise<CrowdReport> {
    const report = await this.#process.ask({ stop: true }, 'report')
    await this.#process.close()
    return report
  }
}

/** Addresses of the loopback device, one for each stranger. */
export const loopbackHosts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `127.0.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`)
