/** A tunnel to one exit, with its legs and its payments: all of it ends together. */
import type { Logger } from 'pino'
import type { MonotonicClock, RandomSource } from '../../probe/ports.js'
import { ClientTunnel, type Mode, type QuicStream, type TunnelEnd } from '../../probe/tunnel/index.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { AnswerVerifiers } from '../../verifier/chain/answers.js'
import type { Wishes } from '../core/candidates.js'
import type { Destination } from '../core/destination.js'
import type { TunnelSocket } from '../tunnel-socket.js'
import type { ChannelOffice } from './channel-office.js'
import type { ClientLanes } from './client-lanes.js'
import { connectThrough } from './connection.js'
import { ExitAccount } from './exit-account.js'
import { Legs } from './legs.js'
import type { OfferingExit, OfferingProvider } from './market-view.js'
import type { PayerTokens } from './payer-tokens.js'
import type { Purse } from './purse.js'

export interface UserTunnelModules {
  readonly socket: TunnelSocket
  readonly mode: Mode
  readonly legs: number
  readonly office: ChannelOffice
  readonly purse: Purse
  readonly tokens: PayerTokens
  readonly lanes: ClientLanes | undefined
  readonly answers: AnswerVerifiers
  readonly providers: () => readonly OfferingProvider[]
  readonly wishes: () => Wishes
  /** where providers reach this client's UDP port */
  readonly own: NextHop
  readonly clock: MonotonicClock
  readonly random: RandomSource
  readonly stopping: AbortSignal
  readonly log: Logger
  readonly onNobody: (why: string) => void
  /** Nothing is left to pay the exit with; hears why. */
  readonly onEmpty: (why: Error) => void
}

export class UserTunnel {
  readonly exit: OfferingExit
  readonly legs: Legs
  readonly tunnel: ClientTunnel
  readonly #account: Promise<ExitAccount>
  readonly #kept: Promise<void>

  private constructor(tunnel: ClientTunnel, exit: OfferingExit, legs: Legs, account: Promise<ExitAccount>) {
    this.tunnel = tunnel
    this.exit = exit
    this.legs = legs
    this.#account = account
    this.#account.catch(() => {}) // whoever connects hears of it
    this.#kept = legs.keep()
  }

  /** @param at the exit's address. @throws UserError if the exit cannot be paid; TunnelError `no-quic` */
  static async open(modules: UserTunnelModules, exit: OfferingExit, at: NextHop): Promise<UserTunnel> {
    const { socket, mode, office, purse, clock, random, onEmpty } = modules
    const { id } = await office.channelTo(exit.account, 'exit')
    const identity = { publicKey: fromHex(exit.publicKey), certHash: fromHex(exit.certHash) }
    const tunnel = await ClientTunnel.open({ port: socket, exit: identity, mode, clock, random })
    const legs = new Legs({ ...modules, tunnel, exit: { ...at, account: exit.account } }, modules.legs)
    const next = async () => (await office.channelTo(exit.account, 'exit')).id
    const onPaid = (channel: Hex) => {
      if (office.stateOf(channel) !== 'well') void office.replenish(channel)
    }
    const account = tunnel.established.then(() => new ExitAccount({ tunnel, purse, id, next, random, onPaid, onEmpty }))
    return new UserTunnel(tunnel, exit, legs, account)
  }

  get closed(): Promise<TunnelEnd> {
    return this.tunnel.closed
  }

  /** Resolves once connections can be made. @throws TunnelError */
  async ready(): Promise<void> {
    await this.#account
  }

  /** @throws ConnectError; TunnelError */
  async connect(destination: Destination): Promise<QuicStream> {
    await this.#account
    return connectThrough(this.tunnel, destination)
  }

  /** What the exit is owed: bytes that connections carried, and those that were paid for. */
  async account(): Promise<ExitAccount> {
    return this.#account
  }

  async close(): Promise<void> {
    this.tunnel.close('the client stops')
    await this.#kept
  }
}
