/**
 * A flood by a process of its own: an outsider, or a registered verifier whose own node is not started (a `silent` one).
 *
 *     const attack = await Attack.prepare({ kind: 'streams', networkFile, rpcUrl }, watchdog)
 *     await attack.begin()
 *     …
 *     await attack.end()
 *     attack.report // { sent: 9800, refused: 9500, disconnected: 160 }
 */
import type { Fault } from '../faults/fault.js'
import { entryPoint } from '../process/entry-point.js'
import { RoleProcess } from '../process/role-process.js'
import type { Watchdog } from '../process/watchdog.js'
import type { AttackerAnswer, AttackerOrder, AttackOrder, AttackReport } from './messages.js'

const READY_MS = 30_000

export class Attack implements Fault {
  report: AttackReport | undefined
  readonly #process: RoleProcess<AttackerOrder, AttackerAnswer>

  private constructor(
    process: RoleProcess<AttackerOrder, AttackerAnswer>,
    private readonly kind: string,
  ) {
    this.#process = process
  }

  /** Starts the process, announces a verifier's address, and connects to all verifiers. Do so an epoch before it begins. */
  static async prepare(order: AttackOrder, watchdog?: Watchdog): Promise<Attack> {
    const argv = entryPoint(import.meta.url, './attacker-main.js')
    const attack = new Attack(RoleProcess.start({ name: `the attacker (${order.kind})`, argv, watchdog }), order.kind)
    await attack.#process.ready('ready', READY_MS)
    await attack.#process.ask({ prepare: order }, 'prepared')
    return attack
  }

  async begin(): Promise<void> {
    await this.#process.ask({ begin: true }, 'begun')
  }

  /** Ends the process, too. @throws Error if nothing was sent: an attack that does nothing proves nothing */
  async end(): Promise<void> {
    this.report = await this.#process.ask({ end: true }, 'report')
    await this.#process.close()
    if (this.report.sent === 0) throw new Error(`The attack "${this.kind}" sent nothing, so it proved nothing`)
  }
}
