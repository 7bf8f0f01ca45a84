/** The lab's end of a role's process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { environmentWithoutSettings } from '../../verifier/cli/settings.js'
import type { PeerAddress } from '../../verifier/net/streams.js'
import { entryPoint } from '../process/entry-point.js'
import type { Watchdog } from '../process/watchdog.js'
import type { Namespace } from './namespace.js'
import type { Answer, Cast, Order, Role } from './role-messages.js'
import type { SessionReading } from './session.js'

/** Five processes start at once, on a machine that may be small. */
const READY_MS = 60_000
/** Above the sum of a session's deadlines. */
const ANSWER_MS = 30_000

export class RoleProcess {
  readonly #process: ChildProcess
  readonly #role: Role
  readonly #said: () => string
  #address: PeerAddress | undefined

  private constructor(process: ChildProcess, role: Role, said: () => string) {
    this.#process = process
    this.#role = role
    this.#said = said
  }

  /** @throws Error if the process ends or stays silent instead of getting ready */
  static async start(role: Role, namespace: Namespace, host: string, watchdog: Watchdog): Promise<RoleProcess> {
    const [command, ...args] = namespace.inside([...entryPoint(import.meta.url, './role-main.js'), role, host])
    const process = spawn(command!, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
      env: environmentWithoutSettings(),
    })
    let said = ''
    process.stderr!.on('data', data => {
      said = (said + data).slice(-2000)
    })
    if (process.pid !== undefined) watchdog.watch(process.pid)
    const started = new RoleProcess(process, role, () => said.trim())
    const answer = await started.#next(READY_MS)
    if (!('ready' in answer)) throw new Error(`the ${role} spoke out of turn`)
    started.#address = answer.ready
    return started
  }

  get address(): PeerAddress {
    return this.#address!
  }

  async cast(cast: Cast): Promise<void> {
    await this.#ask({ cast })
  }

  async measure(): Promise<SessionReading> {
    const answer = await this.#ask({ measure: true })
    if (!('reading' in answer)) throw new Error(`the ${this.#role} spoke out of turn`)
    return answer.reading
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.disconnect()
    await ended
  }

  #ask(order: Order): Promise<Answer> {
    const answer = this.#next(ANSWER_MS)
    this.#process.send(order, error => error && this.#process.emit('unsent', error))
    return answer
  }

  #next(timeoutMs: number): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const fail = (what: string) => reject(new Error(`the ${this.#role}'s process ${what}: ${this.#said()}`))
    const onExit = () => fail('has ended')
    const onError = (error: Error) => fail(`failed (${error.message})`)
    const timer = setTimeout(() => fail(`does not answer within ${timeoutMs / 1000} s`), timeoutMs)
    this.#process.once('message', resolve).once('exit', onExit).once('error', onError).once('unsent', onError)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#process.off('message', resolve).off('exit', onExit).off('error', onError).off('unsent', onError)
    })
  }
}
