/**
 * Sends the transactions of one account. Signs and sends them one after the other, so that each gets its own nonce. Waits
 * for their receipts at the same time.
 */
import {
  type BlockTag,
  type Contract,
  type FeeData,
  type Interface,
  isError,
  type TransactionReceipt,
  toQuantity,
  type Wallet,
} from 'ethers'
import pRetry from 'p-retry'
import type { TxResult } from '../core/ports.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { receiptOf } from './receipts.js'
import { revertReason } from './reverts.js'

/** Room above the estimate: the state may change between the estimate and the block. */
const GAS_HEADROOM_PERCENT = 20n

/** Retries, because another process that uses the same account may take the nonce first. */
const NONCE_RETRIES = 3

export interface Call {
  readonly contract: Contract
  readonly method: string
  readonly args: readonly unknown[]
  /** Whether the effect of the call is already there, whoever caused it. Asked if the contract refuses the call. */
  readonly isDone: (blockTag: BlockTag) => Promise<boolean>
}

/** One of several transactions that are sent together. An error message names it by `label`. */
export interface PlannedTransaction {
  readonly label: string
  readonly to: string
  readonly data?: string
  readonly value?: bigint
  readonly gasLimit: bigint
}

export class Sender {
  readonly #closed = new AbortController()
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    readonly context: ChainContext,
    readonly wallet: Wallet,
    readonly errors: Interface,
  ) {}

  /** A refusal by the contract is a result. @throws if the chain cannot be reached */
  async send(call: Call): Promise<TxResult> {
    const sent = await this.#inTurn(() => this.#broadcast(call))
    return typeof sent === 'string' ? this.#outcome(call, sent) : sent
  }

  /**
   * Sends transactions that build on one another without waiting in between, so that all fit into one block. Their gas
   * cannot be estimated before the state exists, so each brings its own gas limit.
   *
   * @returns their receipts
   * @throws Error with the reason if a transaction is not mined or reverts
   */
  async sendAll(transactions: readonly PlannedTransaction[]): Promise<TransactionReceipt[]> {
    const hashes = await this.#inTurn(() => this.#broadcastAll(transactions))
    return Promise.all(
      hashes.map(async (txHash, i) => {
        const receipt = await receiptOf(this.context.provider, txHash, this.#closed.signal)
        if (receipt?.status === 1) return receipt
        const error = receipt && (await this.#replay(transactions[i]!, receipt.blockNumber))
        const reason = receipt ? (revertReason(error, this.errors) ?? 'reverted') : 'was not mined in time'
        throw new Error(`${transactions[i]!.label}: ${reason}`)
      }),
    )
  }

  close(): void {
    this.#closed.abort(new Error('the chain connection was closed'))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** The transaction's hash, or the result if no transaction was sent. */
  async #broadcast(call: Call): Promise<string | TxResult> {
    const { provider } = this.context
    const { to, data } = target(call)
    let gas: bigint
    try {
      // On the pending block, for two reasons. The newest block's time may lie before the moment from which the contract
      // accepts the call, and the pending block already holds a rival's transaction that waits to be mined.
      gas = BigInt(await provider.send('eth_estimateGas', [{ from: this.wallet.address, to, data }, 'pending']))
    } catch (error) {
      return this.#refusal(call, error, 'pending')
    }
    const gasLimit = gas + (gas * GAS_HEADROOM_PERCENT) / 100n
    return pRetry(async () => this.#submit({ to, data, gasLimit }, await this.#nonce(), await this.#fees()), {
      retries: NONCE_RETRIES,
      minTimeout: 50,
      shouldRetry: ({ error }) => isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED'),
    })
  }

  async #broadcastAll(transactions: readonly PlannedTransaction[]): Promise<string[]> {
    const [first, fees] = await Promise.all([this.#nonce(), this.#fees()])
    const hashes: string[] = []
    for (const [i, transaction] of transactions.entries()) {
      hashes.push(await this.#submit(transaction, first + i, fees))
    }
    return hashes
  }

  #nonce(): Promise<number> {
    return this.context.provider.getTransactionCount(this.wallet.address, 'pending')
  }

  async #fees(): Promise<Pick<FeeData, 'maxFeePerGas' | 'maxPriorityFeePerGas'>> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await this.context.provider.getFeeData()
    return { maxFeePerGas, maxPriorityFeePerGas }
  }

  async #submit(
    { to, data, value, gasLimit }: Omit<PlannedTransaction, 'label'>,
    nonce: number,
    fees: Pick<FeeData, 'maxFeePerGas' | 'maxPriorityFeePerGas'>,
  ): Promise<string> {
    const { provider, file } = this.context
    const raw = await this.wallet.signTransaction({
      type: 2,
      chainId: file.chainId,
      nonce,
      to,
      gasLimit,
      ...fees,
      ...(data === undefined ? {} : { data }),
      ...(value === undefined ? {} : { value }),
    })
    return (await provider.broadcastTransaction(raw)).hash
  }

  async #outcome(call: Call, txHash: string): Promise<TxResult> {
    const receipt = await receiptOf(this.context.provider, txHash, this.#closed.signal)
    if (!receipt) return { kind: 'rejected', reason: `transaction ${txHash} was not mined in time` }
    if (receipt.status === 1) return { kind: 'done', txHash: hex(txHash), gasUsed: Number(receipt.gasUsed) }
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
    const reason = error === undefined ? 'reverted without a reason' : revertReason(error, this.errors)
    if (reason === undefined) throw error
    return (await call.isDone(blockTag)) ? { kind: 'already' } : { kind: 'rejected', reason }
  }
}

const target = ({ contract, method, args }: Call): { to: string; data: string } => ({
  to: contract.target as string,
  data: contract.interface.encodeFunctionData(method, [...args]),
})
