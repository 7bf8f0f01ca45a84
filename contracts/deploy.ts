/** Sends the transactions of a deployment, and goes on with one that stopped in the middle. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Provider, Signer } from 'ethers'
import type { Hex } from '../proto/hex.js'
import { type ContractName, type DeployConfig, type PlannedContract, planDeployment } from './plan-deployment.js'

export type { DeployConfig } from './plan-deployment.js'

/** Addresses are in lower case. No contract is older than `deployBlock`; read events from there. */
export interface Deployment {
  readonly chainId: number
  readonly deployBlock: number
  readonly contracts: Readonly<Record<ContractName, Hex>>
}

/** Where a deployment began. All its addresses follow from the first nonce, so it can go on from here. */
export interface DeploymentStart {
  /** of its first transaction */
  readonly firstNonce: number
  readonly deployBlock: number
}

/** A contract is not there although its transaction has been mined. The message continues a sentence. */
export class MissingContractError extends Error {
  override readonly name = 'MissingContractError'
}

/** The chain takes too long; the deployment can go on later. The message continues a sentence. */
export class NotMinedError extends Error {
  override readonly name = 'NotMinedError'
}

/** Pauses between two looks whether the transactions are mined: they grow from the first to the longest. */
const FIRST_LOOK_MS = 100
const LONGEST_LOOK_MS = 2000
const LOOK_GROWTH = 1.3
/** A public chain takes less, even at its busiest. */
const MINED_WITHIN_MS = 180_000
/** One name may stand for several chain nodes, of which some lag behind the one that knows the newest block. */
const SEEN_WITHIN_MS = 3000

/** @throws Error if the signer has no provider */
export async function startDeployment(signer: Signer): Promise<DeploymentStart> {
  const [firstNonce, head] = await Promise.all([signer.getNonce('pending'), providerOf(signer).getBlockNumber()])
  return { firstNonce, deployBlock: head + 1 }
}

/**
 * Sends the transactions whose nonces are still free, and waits until all contracts are there.
 * @param start of a deployment with the same account and the same settings (default: a new one)
 * @throws MissingContractError if a constructor reverts, or if another transaction of the account took a nonce;
 * NotMinedError
 */
export async function deploy(signer: Signer, config: DeployConfig, start?: DeploymentStart): Promise<Deployment> {
  const provider = providerOf(signer)
  const { firstNonce, deployBlock } = start ?? (await startDeployment(signer))
  const from = await signer.getAddress()
  const { contracts, transactions } = planDeployment(from, firstNonce, config)
  const [{ chainId }, freeNonce, { maxFeePerGas, maxPriorityFeePerGas }] = await Promise.all([
    provider.getNetwork(),
    provider.getTransactionCount(from, 'pending'),
    provider.getFeeData(),
  ])
  const fees = maxFeePerGas === null ? {} : { type: 2, maxFeePerGas, maxPriorityFeePerGas }
  // In the order of the nonces, because a node may drop a transaction that arrives before its turn.
  for (const { nonce, data, gasLimit } of transactions.filter(one => one.nonce >= freeNonce)) {
    await signer.sendTransaction({ nonce, data, gasLimit, chainId, ...fees }).catch(async (error: unknown) => {
      // Its answer was lost, it was sent again, and the node had it already.
      if ((await provider.getTransactionCount(from, 'pending')) <= nonce) throw error
    })
  }
  await allMined(provider, from, transactions.at(-1)!.nonce)
  await Promise.all(transactions.map(transaction => requireContract(provider, from, transaction)))
  return { chainId: Number(chainId), deployBlock, contracts }
}

/** The account's nonce tells it without the hashes, which are gone when a deployment goes on. */
async function allMined(provider: Provider, from: string, lastNonce: number): Promise<void> {
  const isMined = async () => (await provider.getTransactionCount(from, 'latest')) > lastNonce
  if (await within(MINED_WITHIN_MS, isMined)) return
  throw new NotMinedError(`the chain has not mined all transactions in ${MINED_WITHIN_MS / 1000} s`)
}

async function requireContract(provider: Provider, from: string, planned: PlannedContract): Promise<void> {
  const { name, address, nonce } = planned
  if (await within(SEEN_WITHIN_MS, async () => (await provider.getCode(address)) !== '0x')) return
  throw new MissingContractError(
    `there is no ${name} at ${address}: transaction ${nonce} of ${from.toLowerCase()} reverted, or was another one`,
  )
}

/** Looks again and again. @returns whether it became true in time */
async function within(ms: number, look: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ms
  for (let pauseMs = FIRST_LOOK_MS; !(await look()); pauseMs = Math.min(pauseMs * LOOK_GROWTH, LONGEST_LOOK_MS)) {
    if (performance.now() > until) return false
    await delay(pauseMs)
  }
  return true
}

function providerOf({ provider }: Signer): Provider {
  if (provider) return provider
  throw new Error('The signer has no connection to a chain. Connect it to a provider, then deploy.')
}
