/** The client's present tunnel. When an exit goes away, its connections end, and the next tunnel begins. */

import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Address, QuicStream } from '../../probe/tunnel/index.js'
import type { Hex } from '../../proto/hex.js'
import { RpcFault } from '../../verifier/chain/rpc-fault.js'
import { UserError } from '../../verifier/config/errors.js'
import { aborted } from '../../verifier/node/waiting.js'
import { type Destination, REPLY } from '../core/destination.js'
import { ConnectError, join } from './connection.js'
import { ExitDraw } from './exit-draw.js'
import { type OfferingExit, reachExit } from './market-view.js'
import { nobodySuits } from './nobody-suits.js'
import { UserTunnel, type UserTunnelModules } from './user-tunnel.js'

export interface TunnelsModules extends Omit<UserTunnelModules, 'onNobody' | 'onEmpty'> {
  readonly exits: () => readonly OfferingExit[]
  readonly fail: (error: UserError) => void
}

/** Why an exit could not be used. */
interface Fault {
  readonly exit: Hex
  readonly error: Error
}

const AGAIN_MS = 2000

export class Tunnels {
  readonly #modules: TunnelsModules
  readonly #draw: ExitDraw
  #current: UserTunnel | undefined
  /** tunnels that are over, whose legs have not all ended */
  readonly #closing = new Set<Promise<void>>()

  constructor(modules: TunnelsModules) {
    this.#modules = modules
    this.#draw = new ExitDraw(modules)
  }

  /** Undefined before the first one. */
  get current(): UserTunnel | undefined {
    return this.#current
  }

  /** Takes a datagram that came to the client's port. */
  readonly onDatagram = (datagram: Buffer, source: Address, nowMs: number): void => {
    this.#current?.tunnel.onDatagram(datagram, source, nowMs)
  }

  /** Resolves once there is a tunnel. @throws UserError 'nobody-suits'; RpcFault; AbortError when the client stops */
  async open(): Promise<void> {
    const faults = await this.#tryExits()
    const last = faults.at(-1)
    if (last === undefined) return
    if (this.#modules.reach.isUnreached) throw this.#modules.reach.unreached
    if (last.error instanceof UserError) throw last.error
    const each = faults.map(({ exit, error }) => `${exit} (${error.message})`)
    throw nobodySuits(`no exit can be used: ${each.join('; ')}`, 'Try again later.')
  }

  /** Until the client stops. @throws UserError 'nobody-suits' */
  async keep(): Promise<void> {
    const { stopping, log } = this.#modules
    while (!stopping.aborted) {
      const end = await Promise.race([this.#current!.closed, aborted(stopping)])
      if (stopping.aborted) return
      log.warn({ end }, 'the tunnel ended, and its connections with it')
      this.#draw.failed(this.#current!.exit.account)
      this.#leave(this.#current!)
      await this.#openAgain()
    }
  }

  /** @throws ConnectError; TunnelError */
  readonly connect = async (destination: Destination, gone: AbortSignal): Promise<QuicStream> => {
    if (this.#current === undefined) throw new ConnectError(REPLY.failed)
    return this.#current.connect(destination, gone)
  }

  /** Carries an application's connection to its end. */
  readonly join = async (application: Duplex, connection: QuicStream): Promise<void> => {
    const account = await this.#current!.account()
    return join(application, connection, bytes => account.carried(bytes))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#closing, this.#current?.close()])
  }

  async #openAgain(): Promise<void> {
    const { stopping, log } = this.#modules
    while (!stopping.aborted) {
      try {
        if ((await this.#tryExits()).length === 0) return
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error
        log.warn({ error: error.message }, 'could not open a tunnel')
      }
      await pause(AGAIN_MS, undefined, { signal: stopping })
    }
  }

  /** Each exit once, until one serves. @returns why none does; empty if one does */
  async #tryExits(): Promise<readonly Fault[]> {
    const { stopping, log, reach } = this.#modules
    const faults: Fault[] = []
    for (;;) {
      const exit = this.#draw.next(new Set(faults.map(one => one.exit)))
      if (exit === undefined) return faults
      try {
        await this.#openTo(exit)
        return []
      } catch (cause) {
        stopping.throwIfAborted()
        if (cause instanceof RpcFault) throw cause
        const error = cause as Error
        log.warn({ exit: exit.account, address: exit.address, error: error.message }, 'could not use an exit')
        this.#draw.failed(exit.account)
        faults.push({ exit: exit.account, error })
        if (reach.isHopeless) return faults
      }
    }
  }

  /** @throws Error that says why the exit cannot be used; RpcFault; AbortError */
  async #openTo(exit: OfferingExit): Promise<void> {
    const { stopping, fail, log, reach } = this.#modules
    const at = await reachExit(exit)
    stopping.throwIfAborted()
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {}) // once the tunnel is open, nobody waits
    let isOpen = false
    const giveUp = (why: Error) => {
      if (!isOpen) failed.reject(why)
      else fail(why instanceof UserError ? why : nobodySuits(why.message))
    }
    const onEmpty = (why: Error) =>
      giveUp(why instanceof UserError ? why : nobodySuits(`the exit ${exit.account} cannot be paid: ${why.message}`))
    const tunnel = await UserTunnel.open({ ...this.#modules, onNobody: giveUp, onEmpty }, exit, at)
    this.#current = tunnel
    try {
      await Promise.race([tunnel.ready(), failed.promise, aborted(stopping)])
      stopping.throwIfAborted()
    } catch (error) {
      this.#leave(tunnel)
      throw error
    }
    isOpen = true
    this.#draw.served(exit.account)
    reach.served()
    log.info({ exit: exit.account, address: exit.address }, 'the tunnel is open')
  }

  #leave(tunnel: UserTunnel): void {
    const closing = tunnel.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
