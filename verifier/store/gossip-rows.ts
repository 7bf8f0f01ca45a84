/**
 * What was heard by gossip, as rows of the database. A ballot comes with its votes or with none. Its votes have rows of
 * their own, so its item here has none, and gets them back when somebody reads it.
 */
import { createHash } from 'node:crypto'
import { toHex } from '../../proto/hex.js'
import { Ballot, encodeHead, GossipItem, MAX_GOSSIP_VOTES } from '../../proto/messages.js'
import { GOSSIP_KINDS, type GossipKind } from '../../proto/protocols.js'
import { VOTE_BYTES } from '../../proto/vote.js'
import type { BallotRows } from './ballot-rows.js'
import { KEY, ofEpoch } from './layout.js'
import type { SealedRows } from './sealed-rows.js'

/** A message that was heard by gossip. */
export interface HeardItem {
  readonly key: string
  readonly kind: string
  /** of the encoded item, but for the frames of a ballot's votes */
  readonly bytes: number
}

export class GossipRows {
  constructor(
    private readonly rows: SealedRows,
    private readonly ballots: Pick<BallotRows, 'head' | 'count' | 'votes' | 'put'>,
  ) {}

  /** @param encoded a GossipItem with a right message. Holds the votes of a ballot, too, when this returns */
  async put(epoch: number, encoded: Uint8Array): Promise<void> {
    const row = await this.#withoutVotes(encoded)
    await this.rows.write([[KEY.gossip(epoch, createHash('sha256').update(row).digest('hex')), row]])
  }

  /** Each item once, in the order of an epoch's phases. */
  async heard(epoch: number): Promise<GossipItem[]> {
    const rows = await this.rows.values(ofEpoch('gossip', epoch))
    const items = await Promise.all(rows.map(async row => GossipItem.decode(await this.#whole(row))))
    return items.sort((a, b) => phaseOf(a) - phaseOf(b))
  }

  /**
   * Names each item once, in the order of an epoch's phases. A peer that gets all items at once can follow them in this
   * order. All items of an epoch together may be large: `item` reads one.
   */
  async names(epoch: number): Promise<HeardItem[]> {
    const heard: HeardItem[] = []
    for await (const [key, row] of this.rows.each(ofEpoch('gossip', epoch))) {
      const item = GossipItem.decode(row)
      heard.push({ key, kind: item.kind, bytes: row.length + VOTE_BYTES * (await this.#votesOf(item)) })
    }
    return heard.sort((a, b) => phaseOf(a) - phaseOf(b))
  }

  /** An encoded GossipItem; undefined if it was pruned meanwhile. */
  async item({ key }: Pick<HeardItem, 'key'>): Promise<Uint8Array | undefined> {
    const row = await this.rows.get(key)
    return row && this.#whole(row)
  }

  async #withoutVotes(encoded: Uint8Array): Promise<Uint8Array> {
    const { kind, data } = GossipItem.decode(encoded)
    if (kind !== 'ballot') return encoded
    const { votes, ...head } = Ballot.decode(data)
    if (votes.length === 0) return encoded
    if ((await this.ballots.head(toHex(head.root))) === undefined) await this.ballots.put(head, votes, false)
    return GossipItem.encode({ kind, data: encodeHead(head) })
  }

  async #whole(row: Uint8Array): Promise<Uint8Array> {
    const item = GossipItem.decode(row)
    if ((await this.#votesOf(item)) === 0) return row
    const head = Ballot.decode(item.data)
    const votes = (await this.ballots.votes(toHex(head.root))) ?? []
    return GossipItem.encode({ kind: item.kind, data: Ballot.encode({ ...head, votes }) })
  }

  /** How many votes an item has in gossip that stand in other rows. */
  async #votesOf({ kind, data }: GossipItem): Promise<number> {
    if (kind !== 'ballot') return 0
    const votes = (await this.ballots.count(toHex(Ballot.decode(data).root))) ?? 0
    return votes <= MAX_GOSSIP_VOTES ? votes : 0
  }
}

const phaseOf = ({ kind }: Pick<HeardItem, 'kind'>): number => GOSSIP_KINDS.indexOf(kind as GossipKind)
