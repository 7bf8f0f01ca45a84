/**
 * Sends the transactions of one account, one after the other, so that each gets its own nonce. Waits for their receipts at the
 * same time: in-flight.ts has what waits.
 */
import {
  type BlockTag,
  type Contract,
  type Interface,
  isError,
  type TransactionReceipt,
  toQuantity,
  type Wallet,
} from 'ethers'
import pRetry from 'p-retry'
import type { PendingTransaction, TxResult } from '../core/ports.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { InFlight, type Work } from './in-flight.js'
import { revertReason } from './reverts.js'
import { quoted, wordsOf } from './rpc-fault.js'
import { TransactionCounts } from './transaction-counts.js'

/** Room above the estimate: the state may change between the estimate and the block. */
const GAS_HEADROOM_PERCENT = 20n

/** Retries, because another process that uses the same account may take the nonce first, or the block's fee may rise. */
const NONCE_RETRIES = 3
const PASSING = ['NONCE_EXPIRED', 'REPLACEMENT_UNDERPRICED', 'UNKNOWN_ERROR'] as const

/** A public chain takes less, even at its busiest. */
const COMMAND_TIMEOUT_MS = 120_000
const NOT_MINED = 'was not mined, or another transaction of the account took its nonce'
const NO_RECEIPT: TxResult = { kind: 'rejected', reason: `the transaction ${NOT_MINED}` }

export interface Call {
  readonly contract: Contract
  readonly method: string
  readonly args: readonly unknown[]
  /** Whether the effect of the call is already there, whoever caused it. Asked if the contract refuses the call. */
  readonly isDone: (blockTag: BlockTag) => Promise<boolean>
}

/** A call by which an account acts for itself. Nobody else can do that, so a refusal is a refusal. */
export const ownCall = (contract: Contract, method: string, args: readonly unknown[] = []): Call => ({
  ...{ contract, method, args },
  isDone: async () => false,
})

/** One of several transactions that are sent together. An error message names it by `label`. */
export interface PlannedTransaction {
  readonly label: string
  readonly to: string
  readonly data?: string
  readonly value?: bigint
  readonly gasLimit: bigint
}

export class Sender {
  readonly counts = new TransactionCounts()
  readonly #inFlight: InFlight
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    readonly context: ChainContext,
    readonly wallet: Wallet,
    readonly errors: Interface,
  ) {
    this.#inFlight = new InFlight(context.provider, wallet, this.counts)
  }

  /** What waits to be mined. */
  get pending(): PendingTransaction[] {
    return this.#inFlight.pending
  }

  /** A refusal by the contract is a result. @throws if the chain cannot be reached */
  async send(call: Call): Promise<TxResult> {
    const sent = await this.#inTurn(() => this.#broadcast(call))
    const result = typeof sent === 'number' ? await this.#outcome(call, sent) : sent
    this.counts.ended(call.method, result)
    return result
  }

  /**
   * Sends transactions that build on one another without waiting in between, so that all fit into one block. Their gas
   * cannot be estimated before the state exists, so each brings its own gas limit.
   *
   * @returns their receipts
   * @throws Error with the reason if a transaction is not mined or reverts
   */
  async sendAll(transactions: readonly PlannedTransaction[]): Promise<TransactionReceipt[]> {
    const nonces = await this.#inTurn(async () => {
      const launched: number[] = []
      for (const one of transactions) launched.push(await this.#launch({ ...one, isDone: async () => false }))
      return launched
    })
    return Promise.all(
      nonces.map(async (nonce, i) => {
        const receipt = await this.#receiptOf(nonce)
        if (receipt?.status === 1) return receipt
        const error = receipt && (await this.#replay(transactions[i]!, receipt.blockNumber))
        const reason = receipt ? (revertReason(error, this.errors) ?? 'reverted') : NOT_MINED
        throw new Error(`${transactions[i]!.label}: ${reason}`)
      }),
    )
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** The transaction's nonce, or the result if no transaction was sent. */
  async #broadcast(call: Call): Promise<number | TxResult> {
    const { to, data } = target(call)
    let gas: bigint
    try {
      // On the pending block, for two reasons. The newest block's time may lie before the moment from which the contract
      // accepts the call, and the pending block already holds a rival's transaction that waits to be mined.
      const asked = [{ from: this.wallet.address, to, data }, 'pending']
      gas = BigInt(await this.context.provider.send('eth_estimateGas', asked))
    } catch (error) {
      return this.#refusal(call, error, 'pending')
    }
    const gasLimit = gas + (gas * GAS_HEADROOM_PERCENT) / 100n
    const work = { label: call.method, to, data, gasLimit, isDone: () => call.isDone('latest') }
    return this.#launch(work).catch(error => this.#refusal(call, error, 'pending'))
  }

  /** Chain nodes differ in whether they count what they do not mine: if the nonce stays taken, its transaction is displaced. */
  #launch(work: Work): Promise<number> {
    return pRetry(attempt => this.#inFlight.launch(work, attempt > NONCE_RETRIES), {
      retries: NONCE_RETRIES,
      minTimeout: 50,
      shouldRetry: ({ error }) => PASSING.some(code => isError(error, code)),
    })
  }

  /** A node waits for as long as it runs, a command gives up. Undefined for a transaction that was not mined. */
  async #receiptOf(nonce: number): Promise<TransactionReceipt | undefined> {
    const { closed, log } = this.context.provider
    if (log !== undefined) return this.#inFlight.land(nonce, closed)
    const over = AbortSignal.timeout(COMMAND_TIMEOUT_MS)
    return this.#inFlight.land(nonce, AbortSignal.any([closed, over])).catch(error => {
      if (over.aborted) return undefined
      throw error
    })
  }

  async #outcome(call: Call, nonce: number): Promise<TxResult> {
    const receipt = await this.#receiptOf(nonce)
    if (receipt === undefined) return (await call.isDone('latest')) ? { kind: 'already' } : NO_RECEIPT
    if (receipt.status === 1) return { kind: 'done', txHash: hex(receipt.hash), gasUsed: Number(receipt.gasUsed) }
    return this.#refusal(call, await this.#replay(target(call), receipt.blockNumber), receipt.blockNumber)
  }

  /** The error of a mined transaction that reverted, since a receipt does not name it; undefined if the call now passes. */
  async #replay({ to, data }: { to: string; data?: string }, blockNumber: number): Promise<unknown> {
    return this.context.provider
      .send('eth_call', [{ from: this.wallet.address, to, data }, toQuantity(blockNumber)])
      .then(
        () => undefined,
        error => error,
      )
  }

  async #refusal(call: Call, error: unknown, blockTag: BlockTag): Promise<TxResult> {
    if (isError(error, 'INSUFFICIENT_FUNDS')) {
      return { kind: 'rejected', reason: `account ${hex(this.wallet.address)} has too little to pay for gas` }
    }
    if (isError(error, 'UNKNOWN_ERROR')) {
      return { kind: 'rejected', reason: `the chain node refuses the transaction: ${quoted(wordsOf(error))}` }
    }
    const reason = error === undefined ? 'reverted without a reason' : revertReason(error, this.errors)
    if (reason === undefined) throw error
    return (await call.isDone(blockTag)) ? { kind: 'already' } : { kind: 'rejected', reason }
  }
}

const target = ({ contract, method, args }: Call): { to: string; data: string } => ({
  to: contract.target as string,
  data: contract.interface.encodeFunctionData(method, [...args]),
})
