/**
 * One client, one provider and one exit, as the processes that users run, behind doors that count.
 *
 *   user ─SOCKS5─▶ client ─▶ gate, door ─▶ provider ─▶ door ─▶ exit ─▶ page
 *                  client ◀─ door ◀─────── provider ◀─ door ◀─ exit
 */
import { join } from 'node:path'
import { type ClientStatus, clientStatusSchema } from '../../../market/client/status.js'
import type { Address } from '../../../probe/tunnel/index.js'
import { freePort } from '../../market/free-port.js'
import { run } from '../../process/commands.js'
import { entryPoint } from '../../process/entry-point.js'
import { type NodeExit, type NodeProcess, startNode } from '../../process/spawn.js'
import type { Watchdog } from '../../process/watchdog.js'
import { Door } from './door.js'
import { Gate } from './gate.js'
import { type Ground, openGround, ROLES, type Role } from './ground.js'
import type { Purpose } from './kept.js'
import { User } from './user.js'

const BANDWITNESS = entryPoint(import.meta.url, '../../../verifier/cli/bandwitness.js')
const READY_MS = 600_000
const COMMAND_MS = 120_000

/** What the payees say of themselves. */
export interface PayeeStatus {
  /** since it was started */
  readonly paidBytes: number
  /** of the provider: open ones, and datagrams that exceeded what was paid */
  readonly sessions: number
  readonly overBudget: number
}

/** Sessions that had begun at the two doors, and connections of the user. */
export interface Marks {
  readonly client: number
  readonly exit: number
  readonly user: number
}

const BEGINNING: Marks = { client: 0, exit: 0, user: 0 }

interface Running {
  readonly node: NodeProcess
  readonly apiUrl: Promise<string | undefined>
}

export class Trio {
  readonly ground: Ground
  readonly user: User
  /** what the client gets from the provider, and what the exit gets */
  readonly doors: { readonly client: Door; readonly exit: Door }
  readonly gate: Gate
  /** ends that nobody wanted */
  readonly ends: { readonly role: Role; readonly exit: NodeExit }[] = []
  readonly #argv: Readonly<Record<Role, readonly string[]>>
  readonly #directory: string
  readonly #watchdog: Watchdog
  readonly #running = new Map<Role, Running>()
  readonly #closers: (() => Promise<void>)[]

  private constructor(
    parts: Pick<Trio, 'ground' | 'user' | 'doors' | 'gate'>,
    argv: Readonly<Record<Role, readonly string[]>>,
    directory: string,
    watchdog: Watchdog,
    closers: (() => Promise<void>)[],
  ) {
    this.ground = parts.ground
    this.user = parts.user
    this.doors = parts.doors
    this.gate = parts.gate
    this.#argv = argv
    this.#directory = directory
    this.#watchdog = watchdog
    this.#closers = closers
  }

  /** @param number from 1: each trio has addresses of its own */
  static async open(number: number, seed: string, directory: string, page: URL, watchdog: Watchdog): Promise<Trio> {
    const closers: (() => Promise<void>)[] = []
    const opened = async <T>(opening: Promise<T>, close: (part: T) => Promise<void>): Promise<T> => {
      const part = await opening
      closers.unshift(() => close(part))
      return part
    }
    try {
      const insideOf = async (net: number): Promise<Address> => {
        const host = `127.${net}.${number}.1`
        return { host, port: await freePort(host) }
      }
      const outside = { provider: `127.0.${number}.2`, client: `127.1.${number}.2`, exit: `127.2.${number}.2` }
      const inside = { provider: await insideOf(0), client: await insideOf(1), exit: await insideOf(2) }
      const doorTo = (role: Role) => opened(Door.open(outside[role], inside[role]), door => door.close())
      const doors = { provider: await doorTo('provider'), client: await doorTo('client'), exit: await doorTo('exit') }
      // The provider's TCP port has the number of its UDP port.
      const gate = await opened(Gate.open(outside.provider, inside.provider), one => one.close())
      const exitAddress = `${outside.exit}:${doors.exit.port}`
      const ground = await opened(openGround(seed, directory, exitAddress, watchdog), one => one.close())
      const user = await opened(Promise.resolve(new User(page)), one => one.stop())
      const { accounts, networkFile, rpcUrl } = ground
      const command = (role: Role) => [
        ...[...BANDWITNESS, role, 'run', '--data-dir', accounts[role].dataDir, '--network', networkFile],
        ...['--rpc', rpcUrl, '--udp-host', inside[role].host, '--udp-port', `${inside[role].port}`],
        ...['--api', '127.0.0.1:0'],
      ]
      const argv = {
        provider: [
          ...command('provider'),
          ...['--listen', `/ip4/${inside.provider.host}/tcp/${inside.provider.port}`],
          ...['--announce', `/ip4/${outside.provider}/tcp/${gate.port}`],
          ...['--udp-announce', `${outside.provider}:${doors.provider.port}`],
        ],
        client: [
          ...command('client'),
          ...['--udp-announce', `${outside.client}:${doors.client.port}`, '--legs', '1'],
          ...['--socks', '127.0.0.1:0', '--http', '127.0.0.1:0', '--max-price', '0.05', '--deposit', '1'],
        ],
        exit: [...command('exit'), '--allow', `${page.hostname}/32:${page.port}`],
      }
      return new Trio({ ground, user, doors, gate }, argv, directory, watchdog, closers)
    } catch (error) {
      for (const close of closers) await close()
      throw error
    }
  }

  /** Bytes that the provider has carried so far, at the IP layer, or those of the user's connections. */
  delivered(purpose: Purpose): number {
    return sum(this.deliveredSince(BEGINNING)[purpose])
  }

  /** Bytes of each session of the provider that began since then, and of each of the user's connections. */
  deliveredSince({ client, exit, user }: Marks): Record<Purpose, number[]> {
    const sessions = [...this.doors.client.sessions.slice(client), ...this.doors.exit.sessions.slice(exit)]
    const bytesOf = ({ bytes }: { readonly bytes: number }) => bytes
    return { relay: sessions.map(bytesOf), exit: this.user.connections.slice(user).map(bytesOf) }
  }

  /** Where the counts stand now. */
  get marks(): Marks {
    const { client, exit } = this.doors
    return { client: client.sessions.length, exit: exit.sessions.length, user: this.user.connections.length }
  }

  /** Does not wait until it is ready. */
  start(role: Role): void {
    const logPath = join(this.#directory, `${role}.log`)
    const node = startNode({ name: role, argv: this.#argv[role], logPath, readyTimeoutMs: READY_MS }, this.#watchdog)
    const ready = node.ready.catch(() => undefined) // it was killed before, or its end tells
    const running = { node, apiUrl: ready.then(line => line?.apiUrl) }
    this.#running.set(role, running)
    if (role === 'client') {
      void ready.then(line => {
        const [socks] = line?.proxies ?? []
        if (socks !== undefined) this.user.proxyPort = Number(new URL(socks).port)
      })
    }
    void node.exited.then(exit => {
      if (this.#running.get(role) === running) this.ends.push({ role, exit })
    })
  }

  /** Resolves once it is ready, or has ended. */
  async ready(role: Role): Promise<void> {
    await this.#running.get(role)?.apiUrl
  }

  /** SIGKILL. Call it and look at the counts at once. @returns when it is gone */
  kill(role: Role): Promise<unknown> {
    const { node } = this.#running.get(role)!
    this.#running.delete(role)
    node.kill('SIGKILL')
    return node.exited
  }

  /** SIGTERM. */
  async stop(role: Role): Promise<void> {
    const running = this.#running.get(role)
    this.#running.delete(role)
    await running?.node.stop()
  }

  /** Undefined if it does not answer. */
  async clientStatus(): Promise<ClientStatus | undefined> {
    const status = await this.#status('client')
    return status === undefined ? undefined : clientStatusSchema.parse(status)
  }

  async payeeStatus(role: 'provider' | 'exit'): Promise<PayeeStatus | undefined> {
    const status = (await this.#status(role)) as Record<'relay' | 'exit', PayeeCounts> | undefined
    if (status === undefined) return undefined
    const { paidBytes, sessions = 0, dropped } = role === 'provider' ? status.relay : status.exit
    return { paidBytes, sessions, overBudget: dropped?.['over-budget'] ?? 0 }
  }

  /** As a person does: the thaw of all channels begins, and those that have thawed end. */
  async closeChannels(): Promise<void> {
    const { accounts, networkFile, rpcUrl } = this.ground
    const flags = ['--data-dir', accounts.client.dataDir, '--network', networkFile, '--rpc', rpcUrl, '--json']
    await run([...BANDWITNESS, 'client', 'close', ...flags], COMMAND_MS, this.#watchdog)
  }

  async close(): Promise<void> {
    await Promise.all(ROLES.map(role => this.stop(role)))
    for (const close of this.#closers) await close()
  }

  async #status(role: Role): Promise<unknown> {
    const running = this.#running.get(role)
    const apiUrl = await Promise.race([running?.apiUrl, running?.node.exited.then(() => undefined), notYet()])
    if (apiUrl === undefined) return undefined
    return fetch(`${apiUrl}/v1/status`)
      .then(response => (response.ok ? response.json() : undefined))
      .catch(() => undefined)
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

interface PayeeCounts {
  readonly paidBytes: number
  readonly sessions?: number
  readonly dropped?: Readonly<Record<string, number>>
}

const notYet = () => new Promise<undefined>(resolve => setImmediate(resolve, undefined))
