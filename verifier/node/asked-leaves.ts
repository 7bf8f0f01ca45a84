/** The leaves of an accepted report, asked of verifiers. */
import { fromHex } from '../../proto/hex.js'
import { decodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import type { NetworkParams } from '../../proto/params.js'
import type { PostedReport } from '../core/ports.js'
import { leavesLimits } from '../net/sync-limits.js'
import { collect, type Manner, type PeerRequests } from './peer-requests.js'

/** Answers of many megabytes, of which this node holds `atOnce`. The server takes no longer (`net/sync.ts`). */
export const STATE: Manner = { atOnce: 3, answerMs: 10_000 }

/** @param take returns undefined, or throws, for wrong leaves. @throws if no peer has leaves that `take` accepts */
export async function askLeaves<T>(
  requests: PeerRequests,
  { receivers }: Pick<NetworkParams, 'receivers'>,
  { headerHash, header }: Pick<PostedReport, 'headerHash' | 'header'>,
  take: (encoded: Uint8Array[]) => T | undefined,
): Promise<T> {
  const limits = leavesLimits(header.providerCount, { receivers })
  const request = { leaves: fromHex(headerHash) }
  const leaves = await requests.ask(requests.others(), STATE, request, limits, async items =>
    take(
      await collect(
        items,
        checked(bytes => decodeLeaf(leafPart(bytes))),
      ),
    ),
  )
  if (leaves === undefined) throw new Error(`no peer has the leaves of ${headerHash}`)
  return leaves
}

/** The item as it came, once `check` has not thrown. */
export const checked =
  (check: (bytes: Uint8Array) => unknown) =>
  (bytes: Uint8Array): Uint8Array => {
    check(bytes)
    return bytes
  }
