/**
 * Matches a purse with the chain: takes in channels whose opening this client did not see, and forgets those that have ended.
 * A key is deleted only for an end that the log tells. That a chain node does not show a channel proves nothing: the node may
 * lag behind, or be reading the chain anew.
 */
import type { Logger } from 'pino'
import { balanceOf } from '../../verifier/chain/escrow.js'
import { EscrowLog, type OpenedEvent } from '../../verifier/chain/escrow-log.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { Purse, PurseChannel } from './purse.js'

export interface PurseMatchModules {
  readonly chain: EthersChain
  readonly purse: Purse
  readonly log: Pick<Logger, 'info'>
}

export class PurseMatch {
  readonly #modules: PurseMatchModules
  readonly #escrow: EscrowLog

  constructor(modules: PurseMatchModules) {
    this.#modules = modules
    this.#escrow = new EscrowLog(modules.chain.context, { payer: modules.chain.account! })
  }

  /** Looks at all channels. @throws RpcFault; UserError 'store' */
  async all(): Promise<void> {
    await this.ends()
    await this.#look(() => true)
  }

  /** Looks at what the chain did not show so far. @throws RpcFault; UserError 'store' */
  async unseen(): Promise<void> {
    await this.ends()
    await this.#look(({ standing }) => standing === 'missing')
  }

  /** Openings and ends that the log tells. @throws RpcFault; UserError 'store' */
  async ends(): Promise<void> {
    const { purse, log } = this.#modules
    const events = await this.#escrow.events()
    const closed = new Set(events.flatMap(({ kind, id }) => (kind === 'closed' ? [id] : [])))
    const isOpen = (event: (typeof events)[number]): event is OpenedEvent =>
      event.kind === 'opened' && !closed.has(event.id)
    for (const event of events.filter(isOpen)) {
      if (await purse.adopt(event))
        log.info({ channel: event.id, payee: event.channel.payee }, 'found a channel that was opened before')
    }
    for (const id of closed) await purse.drop(id)
  }

  async #look(isWanted: (channel: PurseChannel) => boolean): Promise<void> {
    const { chain, purse } = this.#modules
    for (const { id } of purse.channels.filter(isWanted)) {
      const { deposit, closesAt } = await balanceOf(chain.context, id)
      if (deposit === 0n) purse.mark(id, 'missing')
      else purse.mark(id, closesAt === undefined ? 'open' : 'closing')
      await purse.raise(id, deposit)
    }
  }
}
