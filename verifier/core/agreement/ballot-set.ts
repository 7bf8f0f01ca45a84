/**
 * Which ballots make an epoch's report: exactly those that more than a third of the frozen set lists.
 *
 * A leader picks seen lists of more than two thirds. Whichever lists it picks, a ballot that more than two thirds listed
 * is in the lists of more than a third, so a leader cannot drop an honest ballot. And among more than a third at least one
 * verifier is honest: it holds the ballot, and has checked the ballot's signature and commitment.
 */
import { encodeWords } from '../../../proto/abi.js'
import { type SeenEntry, seenListHash } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { hasHonest } from '../../../proto/quorum.js'

export interface SignedList {
  readonly verifier: number
  readonly entries: readonly SeenEntry[]
}

export interface BallotSet {
  /** one ballot root for each verifier, ascending by verifier */
  readonly roots: SeenEntry[]
  /** ascending; left out, because more than a third listed each of two roots of theirs */
  readonly equivocators: number[]
}

/** @param setSize size of the frozen set, not the number of lists */
export function ballotSetOf(lists: readonly SignedList[], setSize: number): BallotSet {
  const listers = new Map<number, Map<Hex, number>>()
  for (const { entries } of oneListEach(lists)) {
    for (const { verifier, root } of withoutRepeats(entries)) {
      const counts = listers.get(verifier) ?? new Map<Hex, number>()
      counts.set(root, (counts.get(root) ?? 0) + 1)
      listers.set(verifier, counts)
    }
  }
  const roots: SeenEntry[] = []
  const equivocators: number[] = []
  for (const [verifier, counts] of [...listers].sort(([a], [b]) => a - b)) {
    const vouched = [...counts].filter(([, count]) => hasHonest(count, setSize)).map(([root]) => root)
    if (vouched.length === 1) roots.push({ verifier, root: vouched[0]! })
    if (vouched.length > 1) equivocators.push(verifier)
  }
  return { roots, equivocators }
}

/** Those who say that they hold a ballot, by its root. */
export function holdersOf(lists: readonly SignedList[]): ReadonlyMap<Hex, readonly number[]> {
  const holders = new Map<Hex, number[]>()
  for (const { verifier, entries } of lists) {
    for (const { root } of withoutRepeats(entries)) holders.set(root, [...(holders.get(root) ?? []), verifier])
  }
  return holders
}

/** Merkle root over (verifier, ballot root), as the report's header carries it. */
export const ballotSetRoot = (entries: readonly SeenEntry[]): Hex => new MerkleTree(ballotSetItems(entries)).root

export const ballotSetItems = (entries: readonly SeenEntry[]): Uint8Array[] =>
  entries.map(({ verifier, root }) => encodeWords(['uint32', 'bytes32'], [verifier, root]))

/** A verifier that signed two different lists counts with neither: the order of arrival must not matter. */
function oneListEach(lists: readonly SignedList[]): SignedList[] {
  const hashes = new Map<number, Hex>()
  const contradicted = new Set<number>()
  const kept = lists.filter(({ verifier, entries }) => {
    const hash = seenListHash(entries)
    const known = hashes.get(verifier)
    if (known !== undefined && known !== hash) contradicted.add(verifier)
    hashes.set(verifier, known ?? hash)
    return known === undefined
  })
  return kept.filter(({ verifier }) => !contradicted.has(verifier))
}

const withoutRepeats = (entries: readonly SeenEntry[]): SeenEntry[] => [
  ...new Map(entries.map(entry => [`${entry.verifier} ${entry.root}`, entry])).values(),
]
