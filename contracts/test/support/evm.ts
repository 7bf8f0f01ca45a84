/** One chain for all contract tests. Its calls return decoded errors and events. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { FetchRequest, Interface, JsonRpcProvider, type LogDescription, type Result } from 'ethers'
import { after } from 'mocha'
import type { Hex } from '../../../proto/hex.js'
import { type Anvil, type AnvilOptions, startAnvil } from '../../../testnet/network/anvil.js'
import { artifact } from '../../artifacts.js'
import { compile } from '../../compile.js'

const ACCOUNTS = 200
/** Between two questions, or they keep the chain from its work. */
const RECEIPT_LOOK_MS = 5
/** Less than a test may take, so that whatever did not come is named. */
const PATIENCE_MS = 40_000
/** A transaction that the chain has not heard of after so long is lost. */
const LOST_MS = 3000
/** The most gas of a transaction (EIP-7825). */
export const TX_GAS_LIMIT = 16_777_216

export interface Receipt {
  readonly status: number
  readonly gasUsed: number
  readonly blockNumber: number
  readonly transactionHash: Hex
  /** only of a deployment */
  readonly contractAddress?: Hex
  readonly logs: readonly { readonly address: string; readonly topics: string[]; readonly data: string }[]
}

/** A decoded custom error of a contract. */
export class Reverted extends Error {
  constructor(
    readonly errorName: string,
    readonly args: readonly unknown[],
  ) {
    super(`reverted with ${errorName}(${args.join(', ')})`)
  }
}

const HOUR = 3600
const WEEK = 7 * 24 * HOUR

export class Evm {
  readonly accounts: readonly Hex[]

  private constructor(
    readonly anvil: Anvil,
    readonly provider: JsonRpcProvider,
  ) {
    this.accounts = anvil.accounts.map(({ address }) => address as Hex)
  }

  static async start(hardfork?: AnvilOptions['hardfork']): Promise<Evm> {
    compile()
    const anvil = await startAnvil({ seed: 'contract tests', accounts: ACCOUNTS, hardfork })
    const options = { batchMaxCount: 1, cacheTimeout: -1, staticNetwork: true, pollingInterval: 20 }
    const connection = new FetchRequest(anvil.rpcUrl)
    connection.timeout = PATIENCE_MS
    const evm = new Evm(anvil, new JsonRpcProvider(connection, undefined, options))
    // Stake is slashed and its history kept by weeks. Whether one begins between two calls must not depend on the day.
    await evm.at((Math.floor((await evm.now()) / WEEK) + 1) * WEEK + HOUR)
    return evm
  }

  async stop(): Promise<void> {
    this.provider.destroy()
    await this.anvil.stop()
  }

  rpc<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
    return this.provider.send(method, params)
  }

  // ---- time ----

  async now(): Promise<number> {
    return Number((await this.rpc<{ timestamp: string }>('eth_getBlockByNumber', 'latest', false)).timestamp)
  }

  /** Mines a block at this time, in unix seconds. Later calls happen at this time or seconds after. */
  async at(time: number): Promise<void> {
    await this.nextAt(time)
    await this.rpc('evm_mine')
  }

  /** The next block, that of the next transaction, has this time, in unix seconds. */
  async nextAt(time: number): Promise<void> {
    await this.rpc('evm_setNextBlockTimestamp', time)
  }

  async block(number: number | 'latest' = 'latest'): Promise<{ number: number; hash: Hex }> {
    const tag = typeof number === 'number' ? `0x${number.toString(16)}` : number
    const block = await this.rpc<{ number: string; hash: Hex }>('eth_getBlockByNumber', tag, false)
    return { number: Number(block.number), hash: block.hash }
  }

  mine(blocks: number): Promise<unknown> {
    return this.rpc('anvil_mine', `0x${blocks.toString(16)}`, '0x0')
  }

  /** Lets the tests send transactions in the name of a contract. */
  async impersonate(address: Hex): Promise<void> {
    await this.rpc('anvil_impersonateAccount', address)
    await this.rpc('anvil_setBalance', address, '0xde0b6b3a7640000')
  }

  snapshot(): Promise<string> {
    return this.rpc('evm_snapshot')
  }

  /**
   * Goes back to a snapshot. Anvil shows a receipt before it takes the transaction out of its pool. What is in there when it
   * goes back may be mined again, or go with a transaction that comes again.
   */
  async revert(snapshot: string): Promise<void> {
    for (;;) {
      const { pending, queued } = await this.rpc<{ pending: string; queued: string }>('txpool_status')
      if (Number(pending) + Number(queued) === 0) break
      await pause(RECEIPT_LOOK_MS)
    }
    await this.rpc('evm_revert', snapshot)
  }

  // ---- transactions ----

  /** @throws Reverted */
  async send(from: Hex, to: Hex | undefined, data: string, gas = TX_GAS_LIMIT): Promise<Receipt> {
    const transaction = { from, to, data, gas: `0x${gas.toString(16)}` }
    const receipt = await this.mined(() => this.rpc<Hex>('eth_sendTransaction', transaction))
    if (receipt.status === 0) {
      await this.call(from, to, data)
      throw new Error(`Transaction ${receipt.transactionHash} reverted, but a repeated call did not.`)
    }
    return receipt
  }

  /** @throws Reverted */
  async call(from: Hex, to: Hex | undefined, data: string, gas = TX_GAS_LIMIT): Promise<Hex> {
    try {
      return await this.rpc<Hex>('eth_call', { from, to, data, gas: `0x${gas.toString(16)}` }, 'latest')
    } catch (cause) {
      throw revertOf(cause) ?? cause
    }
  }

  async deploy(from: Hex, name: string, args: readonly unknown[] = []): Promise<Hex> {
    const { abi, bytecode } = artifact(name)
    const encoded = new Interface(abi).encodeDeploy(args)
    return (await this.send(from, undefined, bytecode + encoded.slice(2))).contractAddress!
  }

  /** Anvil has lost a transaction now and then, whose hash it had told: none of its answers knows it. */
  async mined(send: () => Promise<Hex>): Promise<Receipt> {
    for (;;) {
      const hash = await send()
      const receipt = await this.#receiptWithin(LOST_MS, hash)
      if (receipt !== undefined) return receipt
      if ((await this.rpc('eth_getTransactionByHash', hash)) !== null) return this.receipt(hash)
      console.log(`      the chain has lost ${hash}, and gets it again`)
    }
  }

  /** Waits for the receipt. */
  async receipt(hash: Hex): Promise<Receipt> {
    const receipt = await this.#receiptWithin(PATIENCE_MS, hash)
    if (receipt !== undefined) return receipt
    throw new Error(`no receipt of ${hash}: ${await this.#whereabouts(hash)}`)
  }

  /** Anvil mines a transaction at once but does not always know its receipt at once. */
  async #receiptWithin(patienceMs: number, hash: Hex): Promise<Receipt | undefined> {
    const untilMs = performance.now() + patienceMs
    while (performance.now() < untilMs) {
      const receipt = await this.rpc<Record<keyof Receipt, string> | null>('eth_getTransactionReceipt', hash)
      if (!receipt) {
        await pause(RECEIPT_LOOK_MS)
        continue
      }
      const numbers = { status: Number(receipt.status), gasUsed: Number(receipt.gasUsed) }
      return { ...receipt, ...numbers, blockNumber: Number(receipt.blockNumber) } as unknown as Receipt
    }
    return undefined
  }

  async #whereabouts(hash: Hex): Promise<string> {
    const questions = [this.rpc('eth_getTransactionByHash', hash), this.rpc('txpool_status'), this.block()] as const
    return JSON.stringify(await Promise.all(questions))
  }
}

/** A contract at an address. Encodes calls, sends them and decodes their results. */
export class Bound {
  readonly interface: Interface

  /** @param contract the name of a contract in contracts/src, or an interface */
  constructor(
    readonly evm: Evm,
    readonly address: Hex,
    contract: string | Interface,
  ) {
    this.interface = typeof contract === 'string' ? new Interface(artifact(contract).abi) : contract
  }

  /** @throws Reverted */
  send(from: Hex, method: string, ...args: unknown[]): Promise<Receipt> {
    return this.evm.send(from, this.address, this.interface.encodeFunctionData(method, args))
  }

  /** @returns the result, or its value if there is only one. @throws Reverted */
  async read<T = bigint>(method: string, ...args: unknown[]): Promise<T> {
    return this.readFrom<T>(this.evm.accounts[0]!, method, ...args)
  }

  async readFrom<T = bigint>(from: Hex, method: string, ...args: unknown[]): Promise<T> {
    const data = await this.evm.call(from, this.address, this.interface.encodeFunctionData(method, args))
    const result = this.interface.decodeFunctionResult(method, data)
    return (result.length === 1 ? result[0] : result) as T
  }

  events(receipt: Receipt, name: string): LogDescription[] {
    return receipt.logs
      .filter(log => log.address.toLowerCase() === this.address.toLowerCase())
      .map(log => this.interface.parseLog(log))
      .filter((event): event is LogDescription => event?.name === name)
  }
}

/** The names of the custom errors that the tests of this run caused. */
export const seenErrors = new Set<string>()

const ERROR_SOURCES = [
  'StakeVault',
  'VerifierRegistry',
  'ProviderRegistry',
  'EpochReports',
  'SlashingManager',
  'RewardsDistributor',
  'Decoys',
  'EquivocationSlasher',
  'Offers',
  'TransferEscrow',
  'Lanes',
  'StakeToken',
]

function revertOf(cause: unknown): Reverted | undefined {
  const data = (cause as { info?: { error?: { data?: string } } }).info?.error?.data
  if (typeof data !== 'string' || data === '0x') return undefined
  for (const name of ERROR_SOURCES) {
    const parsed = new Interface(artifact(name).abi).parseError(data)
    if (parsed) return new Reverted(parsed.name, plain(parsed.args))
  }
  return undefined
}

/** Makes values comparable: safe bigints become numbers, text becomes lower case, results become arrays. */
export function plain(values: Result | readonly unknown[]): unknown[] {
  return [...values].map(value => {
    if (typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    if (typeof value === 'string') return value.toLowerCase()
    return Array.isArray(value) ? plain(value) : value
  })
}

/** Passes if the promise rejects with this custom error, and with these arguments if any are given. */
export async function expectRevert(promise: Promise<unknown>, name: string, ...args: unknown[]): Promise<void> {
  let caught: unknown
  try {
    await promise
  } catch (error) {
    caught = error
  }
  if (!(caught instanceof Reverted)) {
    throw new Error(`Expected ${name}, got ${caught === undefined ? 'success' : caught}.`, { cause: caught })
  }
  expect(caught.errorName, caught.message).to.equal(name)
  seenErrors.add(name)
  if (args.length > 0) expect(caught.args).to.deep.equal(args)
}

let shared: Promise<Evm> | undefined

/** The chain of this run. The first call starts the chain; a hook stops it after the last test. */
export function theChain(): Promise<Evm> {
  shared ??= Evm.start()
  return shared
}

after(async () => {
  if (shared) await (await shared).stop()
})
