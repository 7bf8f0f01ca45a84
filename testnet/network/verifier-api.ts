/** Leaves and sentences from the verifiers' APIs. Leaves count only if they hash to the score root that the chain holds. */
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import { type LeafJson, leafFromJson } from '../../verifier/evidence/leaf-json.js'

const TIMEOUT_MS = 2000

export interface ApiNode {
  readonly name: string
  readonly apiUrl?: string | undefined
}

export type ServedLeaves = { readonly leaves: readonly Leaf[] } | { readonly wrong: string } | undefined

/** From the first verifier that has them; undefined while none does. */
export async function leavesOf(report: PostedReport, verifiers: readonly ApiNode[]): Promise<ServedLeaves> {
  for (const { name, apiUrl } of verifiers) {
    const served = await get<{ headerHash: string; leaves: LeafJson[] }>(apiUrl, `/v1/reports/${report.header.epoch}`)
    if (served?.headerHash !== report.headerHash) continue
    const leaves = served.leaves.map(leafFromJson)
    if (new MerkleTree(leaves.map(encodeLeaf)).root === report.header.scoreRoot) return { leaves }
    return {
      wrong: `${name} serves leaves of epoch ${report.header.epoch} that do not hash to the chain's score root.`,
    }
  }
  return undefined
}

export interface VerifierStatus {
  readonly name: string
  /** where it stands, in words */
  readonly sentence: string
  /** the last epoch that is over, where it has no report, and why */
  readonly missed: { readonly epoch: number; readonly sentence: string } | null
}

/** What each verifier says about itself; those that do not answer are left out. */
export async function statusesOf(verifiers: readonly ApiNode[]): Promise<VerifierStatus[]> {
  const all = await Promise.all(
    verifiers.map(async ({ name, apiUrl }) => {
      const status = await get<Omit<VerifierStatus, 'name'>>(apiUrl, '/v1/status')
      return status ? [{ ...status, name }] : []
    }),
  )
  return all.flat()
}

async function get<T>(apiUrl: string | undefined, path: string): Promise<T | undefined> {
  if (apiUrl === undefined) return undefined
  try {
    const response = await fetch(new URL(path, apiUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    return undefined // It is down, or busy; another one is asked, or the same again.
  }
}
