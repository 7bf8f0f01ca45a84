/**
 * The ballots, as rows of the database: a head, an index, and the votes in parts. Parts may come one by one, from several
 * peers and over a restart. The head is written last, so a ballot with a head is whole.
 */
import { BallotIndex, INDEX_ENTRY_BYTES, standsIn, votesOf } from '../../proto/ballot-index.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { Ballot, type BallotHead, encodeHead } from '../../proto/messages.js'
import { VOTE_BYTES } from '../../proto/vote.js'
import type { Database } from './database.js'
import { epochFrom, epochRow } from './epoch-row.js'
import { beforeEpoch, KEY, ofEpoch, partsOf, secondNameIn } from './layout.js'
import type { Row, SealedRows } from './sealed-rows.js'

export class BallotRows {
  constructor(
    private readonly db: Database,
    private readonly rows: SealedRows,
  ) {}

  /** @param votes all of them, in the order of the ballot. @param own whether it is on disk when this returns */
  async put(head: BallotHead, votes: readonly Uint8Array[], own: boolean): Promise<void> {
    const index = BallotIndex.of(votes)
    const root = toHex(head.root)
    for (let part = 0, from = 0; part < index.parts; from += index.votesIn(part), part++) {
      const of = votes.slice(from, from + index.votesIn(part))
      await this.putPart(head.epoch, root, part, Buffer.concat(of))
    }
    await this.putHead(head, index, own)
  }

  /** @param votes of the part, one after the other */
  putPart(epoch: number, root: Hex, part: number, votes: Uint8Array): Promise<void> {
    return this.rows.write([[KEY.ballotPart(epoch, root, part), votes], epochRow(epoch, root)])
  }

  /** Call it once every part is there. @param sync whether all of the ballot is on disk when this returns */
  putHead(head: BallotHead, index: BallotIndex, sync = false): Promise<void> {
    const { epoch } = head
    const root = toHex(head.root)
    const rows: Row[] = [
      [KEY.ballot(epoch, root), encodeHead(head)],
      [KEY.ballotIndex(epoch, root), index.bytes],
      epochRow(epoch, root),
    ]
    // To prove a vote takes the hashes of all of them, and most proofs of a report are asked for right after it.
    if (index.parts > 1) rows.push([KEY.ballotTree(epoch, root), index.tree().nodes])
    return this.rows.write(rows, sync)
  }

  /** Undefined unless the whole ballot is held. */
  async head(root: Hex): Promise<BallotHead | undefined> {
    const encoded = await this.#row(root, KEY.ballot)
    return encoded && headFrom(encoded)
  }

  /** How many votes a whole ballot has; undefined unless it is held. */
  async count(root: Hex): Promise<number | undefined> {
    const encoded = await this.#row(root, KEY.ballotIndex)
    return encoded && encoded.length / INDEX_ENTRY_BYTES
  }

  async index(root: Hex): Promise<BallotIndex | undefined> {
    const encoded = await this.#row(root, KEY.ballotIndex)
    return encoded && new BallotIndex(encoded)
  }

  /** The votes of a part, one after the other; those of an unfinished ballot, too. */
  part(root: Hex, part: number): Promise<Uint8Array | undefined> {
    return this.#row(root, (epoch, of) => KEY.ballotPart(epoch, of, part))
  }

  /** All votes of a whole ballot, in its order. */
  async votes(root: Hex): Promise<Uint8Array[] | undefined> {
    const head = await this.head(root)
    return head && (await this.rows.values(partsOf(head.epoch, root))).flatMap(votesOf)
  }

  /** The nodes of the tree over its votes, see `proofIn`; undefined unless the whole ballot is held. */
  async tree(root: Hex): Promise<Uint8Array | undefined> {
    return (await this.#row(root, KEY.ballotTree)) ?? (await this.index(root))?.tree().nodes
  }

  /** The vote of a whole ballot on a provider, encoded; undefined if it has none, or is not held. */
  async vote(root: Hex, provider: Hex): Promise<Uint8Array | undefined> {
    const index = await this.index(root)
    const place = index?.placeOf(provider)
    if (index === undefined || place === undefined) return undefined
    const { part, offset } = standsIn(place)
    const votes = await this.part(root, part)
    return votes?.slice(offset, offset + VOTE_BYTES)
  }

  /** Of the whole ballots of an epoch. */
  async headsOf(epoch: number): Promise<BallotHead[]> {
    return (await this.rows.values(ofEpoch('ballot', epoch))).map(headFrom)
  }

  /** The keys of all rows of ballots before an epoch. */
  async keysBefore(epoch: number): Promise<string[]> {
    const kinds = ['ballot', 'ballot-index', 'ballot-part', 'ballot-tree'] as const
    const keys = (await Promise.all(kinds.map(kind => this.db.keys(beforeEpoch(kind, epoch)).all()))).flat()
    const roots = new Set(keys.map(secondNameIn))
    return [...keys, ...[...roots].map(KEY.epochOf)]
  }

  async #row(root: Hex, keyOf: (epoch: number, root: Hex) => string): Promise<Uint8Array | undefined> {
    const epoch = await this.rows.get(KEY.epochOf(root))
    return epoch && this.rows.get(keyOf(epochFrom(epoch), root))
  }
}

function headFrom(encoded: Uint8Array): BallotHead {
  const { votes: _, ...head } = Ballot.decode(encoded)
  return head
}
