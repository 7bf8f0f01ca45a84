/** What whoever runs a network does for one who joins: sends tokens, and ether for gas. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from '../../proto/hex.js'
import { poll } from '../../verifier/node/waiting.js'
import { bigintOf, type JsonRpc, word } from '../acceptance/json-rpc.js'

const LOOK_MS = 500
const MINED_MS = 60_000
const WEI = 10n ** 18n
const ETHER_FOR_GAS = 10n * WEI
/** ERC-20 `transfer(address,uint256)`. */
const TRANSFER = '0xa9059cbb'

/** @param tokens whole ones */
export const inWei = (tokens: number): bigint => BigInt(tokens) * WEI

/** The account whose keys are in a data directory. */
export function accountIn(dataDir: string): Hex {
  const { evm } = JSON.parse(readFileSync(join(dataDir, 'keys.json'), 'utf8'))
  return `0x${String(evm.address).replace(/^0x/, '')}`
}

export async function tokensOf(rpc: JsonRpc, token: Hex, account: Hex): Promise<bigint> {
  return bigintOf((await rpc.call(token, 'balanceOf(address)', account))[0]!)
}

/** From an account that the chain's node itself signs for. @param tokens whole ones */
export async function fund(rpc: JsonRpc, token: Hex, account: Hex, tokens: number): Promise<void> {
  const accounts = await rpc.request<Hex[]>('eth_accounts', [])
  const held = await Promise.all(accounts.map(one => tokensOf(rpc, token, one)))
  const from = accounts[held.findIndex(amount => amount >= inWei(tokens))]
  if (from === undefined) throw new Error('no account of the chain has as many tokens')
  await send(rpc, { from, to: account, value: `0x${ETHER_FOR_GAS.toString(16)}` })
  await send(rpc, { from, to: token, data: transferOf(account, inWei(tokens)) })
}

async function send(rpc: JsonRpc, transaction: object): Promise<void> {
  const hash = await rpc.request<string>('eth_sendTransaction', [transaction])
  const receiptOf = () => rpc.request<{ status: string } | null>('eth_getTransactionReceipt', [hash])
  const { status } = await poll(async () => (await receiptOf()) ?? undefined, LOOK_MS, AbortSignal.timeout(MINED_MS))
  if (status === '0x0') throw new Error(`a transfer failed (${hash})`)
}

const transferOf = (to: Hex, amount: bigint): string => TRANSFER + word(to) + word(amount)
