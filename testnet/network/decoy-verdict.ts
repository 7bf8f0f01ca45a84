/** What the decoys of a run show of its verifiers, computed from the chain and the signed votes alone. */
import type { DecoyReveal } from '../../proto/decoy.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { connect, ENDPOINTS } from '../../verifier/client/index.js'
import { type DecoyEpoch, type DecoyVerdict, judgeByDecoys } from '../../verifier/core/rewards/decoys.js'
import { recompute } from '../../verifier/evidence/recompute.js'
import type { ApiNode } from './verifier-api.js'

const TIMEOUT_MS = 10_000

/** @param lastEpoch that the run observed to its end; the next one has begun */
export async function decoyVerdict(
  chain: EthersChain,
  verifiers: readonly ApiNode[],
  lastEpoch: number,
): Promise<DecoyVerdict> {
  const reveals: DecoyReveal[] = []
  for (let epoch = 1; epoch <= lastEpoch + 1; epoch++)
    reveals.push(...((await chain.factsAt(epoch))?.paidReport.reveals ?? []))
  const covered = new Set(reveals.map(({ firstEpoch }) => firstEpoch))
  const epochs = await Promise.all([...covered].map(epoch => votesOf(epoch, verifiers)))
  return judgeByDecoys(
    reveals,
    epochs.filter(one => one !== undefined),
  )
}

/** The votes of an epoch as the first verifier that keeps them serves them, checked; undefined if none does. */
async function votesOf(epoch: number, verifiers: readonly ApiNode[]): Promise<DecoyEpoch | undefined> {
  for (const { apiUrl } of verifiers) {
    if (apiUrl === undefined) continue
    const answer = await connect(apiUrl, { timeoutMs: TIMEOUT_MS }).ask(ENDPOINTS.evidence, { epoch })
    if (answer.kind !== 'answer') continue
    const { work, checks } = recompute(answer.value)
    if (checks.every(({ holds }) => holds)) return work.decoys
  }
  return undefined
}
