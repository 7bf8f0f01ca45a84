/** The client's present tunnel. When an exit goes away, its connections end, and the next tunnel begins. */

import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type Address, type QuicStream, TunnelError } from '../../probe/tunnel/index.js'
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../../verifier/config/errors.js'
import { aborted } from '../../verifier/node/waiting.js'
import { UNSUITABLE, type Wishes } from '../core/candidates.js'
import { type Destination, REPLY } from '../core/destination.js'
import { ConnectError, join } from './connection.js'
import { type OfferingExit, reachExit } from './market-view.js'
import { nobodySuits } from './nobody-suits.js'
import { UserTunnel, type UserTunnelModules } from './user-tunnel.js'

export interface TunnelsModules extends Omit<UserTunnelModules, 'onNobody' | 'onEmpty'> {
  readonly exits: () => readonly OfferingExit[]
  readonly fail: (error: UserError) => void
}

const AGAIN_MS = 2000
/** An exit that failed before that many others is tried again. */
const MOST_FAILED = 4

export class Tunnels {
  readonly #modules: TunnelsModules
  #current: UserTunnel | undefined
  /** those whose tunnels ended, the last one last: others go first */
  readonly #failed: Hex[] = []

  constructor(modules: TunnelsModules) {
    this.#modules = modules
  }

  /** Undefined before the first one. */
  get current(): UserTunnel | undefined {
    return this.#current
  }

  /** Takes a datagram that came to the client's port. */
  readonly onDatagram = (datagram: Buffer, source: Address, nowMs: number): void => {
    this.#current?.tunnel.onDatagram(datagram, source, nowMs)
  }

  /** Resolves once there is a tunnel. @throws UserError 'nobody-suits', or as `UserTunnel.open` */
  async open(): Promise<void> {
    const { exits, wishes, fail, log } = this.#modules
    const suiting = exits().filter(exit => whyUnfit(exit, wishes()) === undefined)
    const exit = cheapest(suiting.filter(({ account }) => !this.#failed.includes(account))) ?? cheapest(suiting)
    const at = exit && (await reachExit(exit))
    if (exit === undefined || at === undefined) throw nobodySuits(whyNoExit(exits(), wishes()))
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {}) // also told to `fail`
    const giveUp = (error: UserError) => {
      failed.reject(error)
      fail(error)
    }
    const onEmpty = (why: Error) =>
      giveUp(why instanceof UserError ? why : nobodySuits(`the exit ${exit.account} cannot be paid: ${why.message}`))
    const tunnel = await UserTunnel.open(
      { ...this.#modules, onNobody: why => giveUp(nobodySuits(why)), onEmpty },
      exit,
      at,
    )
    this.#current = tunnel
    await Promise.race([tunnel.ready(), failed.promise])
    log.info({ exit: exit.account, address: exit.address }, 'the tunnel is open')
  }

  /** Until the client stops. @throws UserError 'nobody-suits' */
  async keep(): Promise<void> {
    const { stopping, log } = this.#modules
    while (!stopping.aborted) {
      const end = await Promise.race([this.#current!.closed, aborted(stopping)])
      if (stopping.aborted) return
      log.warn({ end }, 'the tunnel ended, and its connections with it')
      this.#failed.push(this.#current!.exit.account)
      if (this.#failed.length > MOST_FAILED) this.#failed.shift()
      await this.#openAgain()
    }
  }

  /** @throws ConnectError; TunnelError */
  readonly connect = async (destination: Destination): Promise<QuicStream> => {
    if (this.#current === undefined) throw new ConnectError(REPLY.failed)
    return this.#current.connect(destination)
  }

  /** Carries an application's connection to its end. */
  readonly join = async (application: Duplex, connection: QuicStream): Promise<void> => {
    const account = await this.#current!.account()
    return join(application, connection, bytes => account.carried(bytes))
  }

  async close(): Promise<void> {
    await this.#current?.close()
  }

  async #openAgain(): Promise<void> {
    const { stopping, log } = this.#modules
    while (!stopping.aborted) {
      try {
        return await this.open()
      } catch (error) {
        if (!(error instanceof TunnelError)) throw error
        log.warn({ error: error.message }, 'could not open a tunnel')
        await pause(AGAIN_MS, undefined, { signal: stopping })
      }
    }
  }
}

const cheapest = (exits: readonly OfferingExit[]): OfferingExit | undefined =>
  exits.toSorted((a, b) => (a.price < b.price ? -1 : 1))[0]

function whyUnfit({ price, region }: OfferingExit, { maxPrice, regions }: Wishes): string | undefined {
  if (price > maxPrice) return UNSUITABLE.dear
  return regions === undefined || regions.includes(region) ? undefined : UNSUITABLE.region
}

function whyNoExit(exits: readonly OfferingExit[], wishes: Wishes): string {
  if (exits.length === 0) return 'nobody offers an exit'
  const reasons = new Set(exits.map(exit => whyUnfit(exit, wishes) ?? 'without an address'))
  return `none of ${exits.length} exits suits: ${[...reasons].join('; ')}`
}
