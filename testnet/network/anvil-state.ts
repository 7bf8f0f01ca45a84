/** Anvil's own methods that change the chain behind its back. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** All blocks with their states, as `--load-state` reads them. No block comes after them. */
export async function dumpState(rpcUrl: string): Promise<Buffer> {
  await call(rpcUrl, 'evm_setIntervalMining', [0])
  const state = (await call(rpcUrl, 'anvil_dumpState', [true])) as string
  return gunzipSync(Buffer.from(state.slice(2), 'hex'))
}

export async function withFile(content: Buffer, use: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bandwitness-anvil-'))
  try {
    const path = join(directory, 'state.json')
    await writeFile(path, content)
    await use(path)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Sets the chain's clock forward for good, and mines a block at the new time. */
export async function setForward(rpcUrl: string, seconds: number): Promise<void> {
  await call(rpcUrl, 'evm_increaseTime', [seconds])
  await call(rpcUrl, 'evm_mine', [])
}

export const snapshot = async (rpcUrl: string): Promise<string> => (await call(rpcUrl, 'evm_snapshot', [])) as string

export interface Revert {
  readonly id: string
  /** unix milliseconds of the chain's clock afterwards; the next block has this time */
  readonly nowMs: number
  /** seconds between blocks; 0 if each transaction gets its own */
  readonly blockTime: number
}

/** Goes back to a snapshot, which is used up. @throws Error if there is none, and nothing is changed */
export async function revertTo(rpcUrl: string, { id, nowMs, blockTime }: Revert): Promise<void> {
  await call(rpcUrl, 'evm_setIntervalMining', [0]) // a block in between would have the time from before
  try {
    if (!(await call(rpcUrl, 'evm_revert', [id]))) throw new Error(`anvil has no snapshot ${id}`)
    await call(rpcUrl, 'evm_setTime', [hexSeconds(nowMs)])
    await call(rpcUrl, 'evm_mine', [])
  } finally {
    await mineAsBefore(rpcUrl, blockTime)
  }
}

/**
 * Replaces the newest blocks by empty ones with the same times. `anvil_reorg` would give all of them one time, and slow the
 * chain's clock down.
 * @param blockTime seconds between blocks; 0 if each transaction gets its own
 */
export async function reorganise(rpcUrl: string, blocks: number, blockTime: number): Promise<void> {
  await call(rpcUrl, 'evm_setIntervalMining', [0])
  const head = Number(await call(rpcUrl, 'eth_blockNumber', []))
  const times: string[] = []
  for (let number = head - blocks + 1; number <= head; number++) {
    const block = await call(rpcUrl, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false])
    times.push((block as { timestamp: string }).timestamp)
  }
  await call(rpcUrl, 'anvil_rollback', [blocks])
  for (const time of times) {
    await call(rpcUrl, 'evm_setNextBlockTimestamp', [time])
    await call(rpcUrl, 'evm_mine', [])
  }
  await call(rpcUrl, 'evm_setTime', [hexSeconds(Date.now())]) // else later blocks would stay late
  await mineAsBefore(rpcUrl, blockTime)
}

const hexSeconds = (ms: number): string => `0x${Math.floor(ms / 1000).toString(16)}`

async function mineAsBefore(rpcUrl: string, blockTime: number): Promise<void> {
  if (blockTime > 0) await call(rpcUrl, 'evm_setIntervalMining', [blockTime])
  else await call(rpcUrl, 'evm_setAutomine', [true])
}

async function call(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (error !== undefined) throw new Error(`anvil refuses ${method}: ${error.message}`)
  return result
}
