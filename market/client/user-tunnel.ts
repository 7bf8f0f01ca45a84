/** A tunnel to one exit, with its legs and its payments: all of it ends together. */
import type { Logger } from 'pino'
import { ClientTunnel, type Mode, type QuicStream, type TunnelEnd, TunnelError } from '../../probe/tunnel/index.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { Destination } from '../core/destination.js'
import type { TunnelSocket } from '../tunnel-socket.js'
import { connectThrough } from './connection.js'
import { ExitAccount } from './exit-account.js'
import { Legs, type LegsModules } from './legs.js'
import type { OfferingExit } from './market-view.js'

export interface UserTunnelModules extends Omit<LegsModules, 'tunnel' | 'exit' | 'opened'> {
  readonly socket: TunnelSocket
  readonly mode: Mode
  readonly legs: number
  readonly log: Logger
  /** Nothing is left to pay the exit with; hears why. */
  readonly onEmpty: (why: Error) => void
}

export class UserTunnel {
  readonly exit: OfferingExit
  readonly legs: Legs
  readonly tunnel: ClientTunnel
  readonly #account: Promise<ExitAccount>
  #paid: ExitAccount | undefined
  readonly #kept: Promise<void>

  /** @param at the exit's address */
  private constructor(tunnel: ClientTunnel, modules: UserTunnelModules, exit: OfferingExit, at: NextHop) {
    this.tunnel = tunnel
    this.exit = exit
    this.#account = tunnel.established.then(() => this.#payExit(modules))
    this.#account.catch(() => {}) // whoever connects hears of it
    const legExit = { ...at, account: exit.account }
    this.legs = new Legs({ ...modules, tunnel, exit: legExit, opened: this.#account }, modules.legs)
    this.#kept = this.legs.keep()
  }

  /** @param at the exit's address. @throws TunnelError `no-quic` */
  static async open(modules: UserTunnelModules, exit: OfferingExit, at: NextHop): Promise<UserTunnel> {
    const { socket, mode, clock, random } = modules
    const identity = { publicKey: fromHex(exit.publicKey), certHash: fromHex(exit.certHash) }
    const tunnel = await ClientTunnel.open({ port: socket, exit: identity, mode, clock, random })
    return new UserTunnel(tunnel, modules, exit, at)
  }

  get closed(): Promise<TunnelEnd> {
    return this.tunnel.closed
  }

  /** Resolves once connections can be made. @throws TunnelError; UserError if the exit cannot be paid */
  async ready(): Promise<void> {
    const closed = this.closed.then(({ why }) => {
      throw new TunnelError('closed', `the tunnel is closed (${why})`)
    })
    await Promise.race([this.#account, closed])
  }

  /** @throws ConnectError; TunnelError */
  async connect(destination: Destination, gone: AbortSignal): Promise<QuicStream> {
    await this.#account
    return connectThrough(this.tunnel, destination, gone)
  }

  /** What the exit is owed: bytes that connections carried, and those that were paid for. */
  async account(): Promise<ExitAccount> {
    return this.#account
  }

  /** The same, once connections can be made. */
  get paid(): ExitAccount | undefined {
    return this.#paid
  }

  async close(): Promise<void> {
    this.tunnel.close('the client stops')
    await this.#kept
  }

  /** From a channel that is opened only now: this exit has answered over a leg, and showed its certificate. */
  async #payExit({ office, purse, random, onEmpty }: UserTunnelModules): Promise<ExitAccount> {
    const { tunnel, exit } = this
    const next = async () => (await office.channelTo(exit.account, 'exit')).id
    const onPaid = (channel: Hex) => {
      if (office.stateOf(channel) !== 'well') void office.replenish(channel)
    }
    this.#paid = new ExitAccount({ tunnel, purse, id: await next(), next, random, onPaid, onEmpty })
    return this.#paid
  }
}
