/** Leaves and sentences from the verifiers' APIs. Leaves count only if they hash to the chain's score root. */
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import { type Answer, type Client, connect, ENDPOINTS } from '../../verifier/client/index.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import { leafFromJson } from '../../verifier/evidence/schema/report.js'
import type { RewardsJson } from '../../verifier/evidence/schema/rewards.js'
import type { StatusJson } from '../../verifier/evidence/schema/status.js'

const TIMEOUT_MS = 2000

export interface ApiNode {
  readonly name: string
  readonly apiUrl?: string | undefined
}

export type ServedLeaves = { readonly leaves: readonly Leaf[] } | { readonly wrong: string } | undefined

/** The answer of the first verifier that has one; undefined while no verifier has one. */
export async function leavesOf(report: PostedReport, verifiers: readonly ApiNode[]): Promise<ServedLeaves> {
  for (const { name, apiUrl } of verifiers) {
    const served = await get(apiUrl, api => api.ask(ENDPOINTS.leaves, { epoch: report.header.epoch }))
    if (served?.headerHash !== report.headerHash) continue
    const leaves = served.leaves.map(leafFromJson)
    if (new MerkleTree(leaves.map(encodeLeaf)).root === report.header.scoreRoot) return { leaves }
    return {
      wrong: `${name} serves leaves of epoch ${report.header.epoch} that do not hash to the chain's score root.`,
    }
  }
  return undefined
}

/** How many ballots a report counts, as the first verifier says that recomputed it; undefined if none does. */
export async function ballotsOf(report: PostedReport, verifiers: readonly ApiNode[]): Promise<number | undefined> {
  for (const { apiUrl } of verifiers) {
    const served = await get(apiUrl, api => api.ask(ENDPOINTS.epoch, { epoch: report.header.epoch }))
    if (served?.report?.headerHash === report.headerHash && served.report.ballots > 0) return served.report.ballots
  }
  return undefined
}

/** As the first verifier that has them shows them: not checked. Undefined while no verifier has them. */
export async function rewardsOf(report: PostedReport, verifiers: readonly ApiNode[]): Promise<RewardsJson | undefined> {
  for (const { apiUrl } of verifiers) {
    const served = await get(apiUrl, api => api.ask(ENDPOINTS.rewards, { epoch: report.header.epoch }))
    if (served?.headerHash === report.headerHash) return served
  }
  return undefined
}

export interface VerifierStatus extends StatusJson {
  readonly name: string
}

/** What each verifier says about itself; a verifier that does not answer is left out. */
export async function statusesOf(verifiers: readonly ApiNode[]): Promise<VerifierStatus[]> {
  const all = await Promise.all(
    verifiers.map(async ({ name, apiUrl }) => {
      const status = await get(apiUrl, api => api.ask(ENDPOINTS.status))
      return status ? [{ ...status, name }] : []
    }),
  )
  return all.flat()
}

/** Undefined while the node is down, busy, or answers with something else: another is asked, or the same again. */
async function get<T>(apiUrl: string | undefined, ask: (api: Client) => Promise<Answer<T>>): Promise<T | undefined> {
  if (apiUrl === undefined) return undefined
  const answer = await ask(connect(apiUrl, { timeoutMs: TIMEOUT_MS }))
  return answer.kind === 'answer' ? answer.value : undefined
}
