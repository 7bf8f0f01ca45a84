/**
 * The transactions of one account that wait to be mined: the one owner of its nonces. A transaction that stays in the pools
 * while blocks come is sent again under its nonce, for a higher fee. If its work is done meanwhile, or if it is of an
 * earlier process that nobody remembers, a transfer of nothing takes its nonce, so that no other waits behind it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { isError, Transaction, type TransactionReceipt, type Wallet } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { PendingTransaction } from '../core/ports.js'
import { hex } from './contracts.js'
import { type Fees, marketFees, raised } from './fees.js'
import { RpcFault } from './rpc-fault.js'
import type { RpcProvider } from './rpc-provider.js'
import type { TransactionCounts } from './transaction-counts.js'

/** How often to look for a receipt, at first and at last: JSON-RPC over HTTP announces nothing by itself. */
const FIRST_LOOK_MS = 150
const LONGEST_LOOK_MS = 2000
const LOOK_GROWTH = 1.3
/** Blocks without the transaction after which its fee rises. One block may be full, or its proposer slow to hear. */
const PATIENT_BLOCKS = 5
/** By a quarter each: more than six times the first fee. From then on the node waits, and the status shows it. */
const MOST_RAISES = 8
/** Looks for the receipt of a transaction whose nonce is used: more than a second. */
const LOOKS_FOR_RECEIPT = 5

/** What a transaction does. */
export interface Work {
  /** for a person */
  readonly label: string
  readonly to: string
  readonly data?: string
  readonly value?: bigint
  readonly gasLimit: bigint
  /** Whether the effect is already there, whoever caused it. */
  readonly isDone: () => Promise<boolean>
}

/** A transfer to the account itself, at the least gas that a transaction takes. */
const NOTHING: Omit<Work, 'to'> = { label: 'nothing', value: 0n, gasLimit: 21_000n, isDone: async () => false }
const UNKNOWN: Work = { ...NOTHING, label: 'a transaction of an earlier process', to: '' }

interface Flight {
  readonly work: Work
  readonly nonce: number
  readonly sinceMs: number
  /** if not, a transfer of nothing takes the nonce */
  isNeeded: boolean
  fees: Fees
  raises: number
  /** the head when it was sent last; undefined until it is looked for */
  sentAt: number | undefined
  /** looks in a row after which the nonce was used, and no receipt was there */
  missed: number
  /** each form in which it was sent */
  readonly forms: { readonly hash: Hex; readonly isWork: boolean }[]
}

export class InFlight {
  /** by nonce */
  readonly #flights = new Map<number, Flight>()

  constructor(
    private readonly provider: RpcProvider,
    private readonly wallet: Wallet,
    private readonly counts: Pick<TransactionCounts, 'feeRaises'>,
  ) {}

  /** What waits to be mined, by nonce. */
  get pending(): PendingTransaction[] {
    return [...this.#flights.values()]
      .map(({ work, nonce, sinceMs, raises, forms }) => ({
        ...{ what: work.label, nonce, txHash: forms.at(-1)!.hash, raises },
        seconds: Math.round((performance.now() - sinceMs) / 1000),
      }))
      .sort((a, b) => a.nonce - b.nonce)
  }

  /**
   * Sends with the next nonce, which it returns. One call after another.
   * @param displaces whether it takes the nonce of a transaction that this process did not send
   * @throws Error of the chain node that refuses it
   */
  async launch(work: Work, displaces: boolean): Promise<number> {
    const [count, fees] = await Promise.all([this.#count('pending'), this.#market()])
    const nonce = Math.max(count, ...[...this.#flights.keys()].map(known => known + 1))
    const flight = flightOf(work, nonce, fees)
    await (displaces ? this.#outbid(flight) : this.#submit(flight))
    return nonce
  }

  /**
   * Waits until the transaction is mined that was launched with a nonce.
   * @returns undefined if another one got the nonce, since the work was done, or another process was faster
   * @throws the signal's reason
   */
  async land(nonce: number, signal: AbortSignal): Promise<TransactionReceipt | undefined> {
    const flight = this.#flights.get(nonce)!
    try {
      for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * LOOK_GROWTH, LONGEST_LOOK_MS)) {
        signal.throwIfAborted()
        const landed = await this.#look(flight, signal).catch(error => {
          if (!(error instanceof RpcFault)) throw error
        })
        if (landed !== undefined) return landed === 'taken' ? undefined : landed
        await delay(pauseMs, undefined, { signal })
      }
    } finally {
      this.#flights.delete(nonce)
    }
  }

  /** What became of it; undefined while it waits, which it helps with. */
  async #look(flight: Flight, signal: AbortSignal): Promise<TransactionReceipt | 'taken' | undefined> {
    // Counted first: what is mined between the two questions has its receipt by then.
    const isTaken = (await this.#count('latest')) > flight.nonce
    for (const { hash, isWork } of flight.forms) {
      const receipt = await this.provider.getTransactionReceipt(hash)
      if (receipt !== null) return isWork ? receipt : 'taken'
    }
    // One URL may stand for several chain nodes, of which some have the receipt later.
    flight.missed = isTaken ? flight.missed + 1 : 0
    if (flight.missed === LOOKS_FOR_RECEIPT) return 'taken'
    const head = await this.provider.getBlockNumber()
    flight.sentAt ??= head
    if (!isTaken && head - flight.sentAt >= PATIENT_BLOCKS) await this.#unblock(flight, signal)
    return undefined
  }

  /** What waits under the lowest nonce goes first, since the others wait for it. */
  async #unblock(flight: Flight, signal: AbortSignal): Promise<void> {
    const { nonce, work } = flight
    try {
      flight.sentAt = undefined
      const lowest = await this.#count('latest')
      if (lowest < nonce && !this.#flights.has(lowest)) await this.#displace(lowest, signal)
      flight.isNeeded &&= !(await work.isDone())
      if (flight.raises < MOST_RAISES) {
        flight.fees = raised(flight.fees, await this.#market())
        flight.raises++
        this.counts.feeRaises++
        this.provider.log?.warn(
          { nonce, raises: flight.raises },
          `not mined in ${PATIENT_BLOCKS} blocks: ${work.label}`,
        )
      }
      await this.#submit(flight) // at the last fee, too: a pool may have dropped it
    } catch (error) {
      signal.throwIfAborted() // else the next look finds what became of it
      this.provider.log?.warn({ nonce, error: (error as Error).message }, `could not send again: ${work.label}`)
    }
  }

  /** Takes the nonce of a transaction that this process did not send, whose fee it does not know either. */
  async #displace(nonce: number, signal: AbortSignal): Promise<void> {
    this.provider.log?.warn(
      { nonce },
      'an unknown transaction of this account is not mined, so another takes its nonce',
    )
    const flight = { ...flightOf(UNKNOWN, nonce, await this.#market()), isNeeded: false }
    await this.#outbid(flight)
    this.land(nonce, signal).catch(() => undefined) // whoever waits for a later nonce looks again
  }

  /** Sends in the place of a transaction whose fee is unknown. @throws Error of the chain node that refuses it */
  async #outbid(flight: Flight): Promise<void> {
    for (;;) {
      try {
        return await this.#submit(flight)
      } catch (error) {
        if (!isError(error, 'REPLACEMENT_UNDERPRICED') || flight.raises++ >= MOST_RAISES) throw error
        flight.fees = raised(flight.fees, flight.fees)
      }
    }
  }

  async #submit(flight: Flight): Promise<void> {
    const { nonce, fees, forms, isNeeded } = flight
    const { to, data, value, gasLimit } = isNeeded ? flight.work : { ...NOTHING, to: this.wallet.address }
    const raw = await this.wallet.signTransaction({
      ...{ type: 2, chainId: this.provider.chainId, nonce, to, gasLimit, ...fees },
      ...(data === undefined ? {} : { data }),
      ...(value === undefined ? {} : { value }),
    })
    const hash = hex(Transaction.from(raw).hash!)
    await this.provider.send('eth_sendRawTransaction', [raw]).catch(async error => {
      // The request was repeated: the chain node took the first one, although its answer was lost.
      if ((await this.provider.send('eth_getTransactionByHash', [hash])) === null) throw error
    })
    if (forms.at(-1)?.hash !== hash) forms.push({ hash, isWork: isNeeded })
    this.#flights.set(nonce, flight)
  }

  #count(tag: 'latest' | 'pending'): Promise<number> {
    return this.provider.getTransactionCount(this.wallet.address, tag)
  }

  async #market(): Promise<Fees> {
    return marketFees(await this.provider.getFeeData())
  }
}

const flightOf = (work: Work, nonce: number, fees: Fees): Flight => ({
  ...{ work, nonce, fees, sinceMs: performance.now() },
  ...{ isNeeded: true, raises: 0, sentAt: undefined, missed: 0, forms: [] },
})
