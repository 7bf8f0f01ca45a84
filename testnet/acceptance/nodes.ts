/** Single nodes of a running test network, which are asked and killed from outside. */
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../../verifier/api/client.js'
import { ENDPOINTS } from '../../verifier/evidence/schema/endpoints.js'
import type { StatusJson } from '../../verifier/evidence/schema/status.js'
import type { ReadyNode } from '../network/events.js'
import { isAlive } from './testnet-run.js'

const TIMEOUT_MS = 5000
const POLL_MS = 20
/** A node starts within seconds, on a machine that has one to spare. */
const BACK_MS = 60_000

/** @throws Error if the verifier does not answer, or gives an unexpected answer */
export async function nodeStatus({ apiUrl }: { readonly apiUrl?: string | undefined }): Promise<StatusJson> {
  if (!apiUrl) throw new Error('the node has no API address')
  const answer = await ask(ENDPOINTS.status, { apiUrl, timeoutMs: TIMEOUT_MS })
  if (answer.kind === 'answer') return answer.value
  throw new Error(`no status from ${apiUrl}: ${JSON.stringify(answer)}`)
}

/** SIGKILL to the process that the node has now. @returns the process, which is gone */
export async function killNode(node: ReadyNode): Promise<number> {
  const { pid } = await nodeStatus(node)
  process.kill(pid, 'SIGKILL')
  while (isAlive(pid)) await delay(POLL_MS)
  return pid
}

/** Waits until the test network has started a node again. @returns its new process @throws Error if it takes too long */
export async function backAgain(node: ReadyNode, killed: number): Promise<number> {
  for (const deadline = performance.now() + BACK_MS; performance.now() < deadline; await delay(POLL_MS)) {
    const status = await nodeStatus(node).catch(() => undefined) // it is still starting
    if (status !== undefined && status.pid !== killed) return status.pid
  }
  throw new Error(`${node.name} did not come back`)
}
