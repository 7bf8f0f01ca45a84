/** How a client's channels ended, as the chain has it. Amounts in wei. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Hex } from '../../proto/hex.js'
import { EscrowLog } from '../../verifier/chain/escrow-log.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'

export interface Settled {
  readonly deposited: bigint
  /** to providers and exits */
  readonly redeemed: bigint
  /** to the client */
  readonly returned: bigint
  readonly open: number
}

const LOOK_MS = 1000

export async function settledOf(chain: EthersChain, payer: Hex): Promise<Settled> {
  const events = await new EscrowLog(chain.context, { payer }).events()
  const opened = events.filter(event => event.kind === 'opened')
  const closed = events.filter(event => event.kind === 'closed')
  const sum = (amounts: readonly bigint[]) => amounts.reduce((all, amount) => all + amount, 0n)
  const deposited = sum(opened.map(({ deposit }) => deposit))
  const returned = sum(closed.map(({ amount }) => amount))
  const ended = new Set(closed.map(({ id }) => id))
  const endedDeposits = sum(opened.flatMap(({ id, deposit }) => (ended.has(id) ? [deposit] : [])))
  return { deposited, returned, redeemed: endedDeposits - returned, open: opened.length - closed.length }
}

/** @returns once all channels have ended, or the time is up */
export async function untilSettled(chain: EthersChain, payer: Hex, close: () => Promise<unknown>, endMs: number) {
  let settled = await settledOf(chain, payer)
  while (settled.open > 0 && performance.now() < endMs) {
    await close()
    await pause(LOOK_MS)
    settled = await settledOf(chain, payer)
  }
  return settled
}
