/** The lab's end of the process of a sender, the provider or the receiver. */
import type { PeerAddress } from '../../verifier/net/streams.js'
import { entryPoint } from '../process/entry-point.js'
import { RoleProcess } from '../process/role-process.js'
import type { Watchdog } from '../process/watchdog.js'
import type { Namespace } from './namespace.js'
import type { Answer, Cast, Order, Role } from './role-messages.js'
import type { SessionReading } from './session.js'

/** Five processes start at once, on a machine that may be small. */
const READY_MS = 60_000
/** Above the sum of a session's deadlines. */
const ANSWER_MS = 30_000

export class LabRole {
  readonly address: PeerAddress
  readonly #process: RoleProcess<Order, Answer>

  private constructor(process: RoleProcess<Order, Answer>, address: PeerAddress) {
    this.#process = process
    this.address = address
  }

  /** @throws ChildError if the process ends or stays silent */
  static async start(role: Role, namespace: Namespace, host: string, watchdog: Watchdog): Promise<LabRole> {
    const argv = namespace.inside([...entryPoint(import.meta.url, './role-main.js'), role, host])
    const name = `the ${role}'s process`
    const process = RoleProcess.start<Order, Answer>({ name, argv, watchdog, output: 'ignore' })
    return new LabRole(process, await process.ready('ready', READY_MS))
  }

  async cast(cast: Cast): Promise<void> {
    await this.#process.ask({ cast }, 'casted', ANSWER_MS)
  }

  measure(): Promise<SessionReading> {
    return this.#process.ask({ measure: true }, 'reading', ANSWER_MS)
  }

  close(): Promise<void> {
    return this.#process.close()
  }
}
