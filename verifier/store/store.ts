/**
 * All that a verifier keeps: what it signed, the ballots and facts that a report follows from, the reports with their
 * leaves, and what it heard. What was signed, and this node's own ballots, are on disk before the call returns; the rest
 * may be lost with the machine's power, and is then fetched from peers.
 */
import { createHash } from 'node:crypto'
import { Level } from 'level'
import type { SeenEntry } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { decodeLeaf, encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { Ballot, GossipItem } from '../../proto/messages.js'
import type { ChainFacts } from '../core/facts.js'
import type { PostedReport } from '../core/ports.js'
import { SigningConflict, StoreError, storeErrorFrom } from './errors.js'
import { allOf, beforeEpoch, KEY, LAYOUT_VERSION, nameIn, ofEpoch } from './layout.js'

export interface StoredReport {
  readonly header: Header
  readonly headerHash: Hex
  readonly leaves: readonly Leaf[]
  /** the ballot set it was computed from; empty where the leaves were fetched instead */
  readonly ballots: readonly SeenEntry[]
  /** once the chain was seen to have accepted it */
  readonly posted: PostedReport | undefined
}

/** What is used of the database below, so that a test can put a failing one in its place. */
export type Database = Pick<
  Level<string, Uint8Array>,
  'open' | 'close' | 'get' | 'getMany' | 'put' | 'batch' | 'iterator' | 'keys' | 'values'
>

export interface StoreOptions {
  /** `existing` refuses to start on nothing: a key whose record is gone must not sign */
  readonly mode: 'create' | 'existing'
  readonly database?: Database
}

const ENCODING = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

export class Store {
  private constructor(
    private readonly dir: string,
    private readonly db: Database,
  ) {}

  /** @throws StoreError */
  static async open(dir: string, { mode, database }: StoreOptions): Promise<Store> {
    const options = { createIfMissing: mode === 'create', errorIfExists: mode === 'create' }
    const db = database ?? new Level<string, Uint8Array>(dir, { ...ENCODING, ...options })
    const store = new Store(dir, db)
    try {
      await db.open()
      if (mode === 'create') await db.put(KEY.version, bytes(LAYOUT_VERSION), { sync: true })
      else await store.#check()
      return store
    } catch (error) {
      await db.close().catch(() => undefined)
      throw openErrorFrom(error, dir, mode)
    }
  }

  close(): Promise<void> {
    return this.db.close()
  }

  // -------------------------------------------------------------------------------------------- what was signed

  /** @returns whether it was new. @throws SigningConflict when the slot holds another digest; StoreError */
  async recordSigned(slot: string, digest: Hex): Promise<'recorded' | 'same'> {
    const recorded = await this.#get(KEY.signed(slot))
    if (recorded === undefined) {
      await this.#put(KEY.signed(slot), fromHex(digest), true)
      return 'recorded'
    }
    if (toHex(recorded) === digest) return 'same'
    throw new SigningConflict(slot, toHex(recorded), digest)
  }

  // -------------------------------------------------------------------------------------------- ballots and facts

  /** @param encoded a whole Ballot; @param own is on disk when this returns */
  async putBallot(root: Hex, encoded: Uint8Array, own = false): Promise<void> {
    const { epoch } = Ballot.decode(encoded)
    await this.#guarded(() =>
      this.db.batch(
        [
          { type: 'put', key: KEY.ballot(root), value: encoded },
          { type: 'put', key: KEY.ballotOf(epoch, root), value: new Uint8Array() },
        ],
        { sync: own },
      ),
    )
  }

  getBallot(root: Hex): Promise<Uint8Array | undefined> {
    return this.#get(KEY.ballot(root))
  }

  putFacts(facts: ChainFacts): Promise<void> {
    const json = JSON.stringify(facts, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
    return this.#put(KEY.facts(facts.epoch, facts.blockHash), bytes(json))
  }

  async getFacts(epoch: number, blockHash: Hex): Promise<ChainFacts | undefined> {
    const value = await this.#get(KEY.facts(epoch, blockHash))
    return value && factsFrom(value)
  }

  /** Of the newest epoch. */
  async latestFacts(): Promise<ChainFacts | undefined> {
    const [value] = await this.#guarded(() => this.db.values({ ...allOf('facts'), reverse: true, limit: 1 }).all())
    return value && factsFrom(value)
  }

  // -------------------------------------------------------------------------------------------- reports

  async putReport(report: StoredReport): Promise<void> {
    const json = JSON.stringify({ ...report, leaves: report.leaves.map(leaf => toHex(encodeLeaf(leaf))) })
    await this.#guarded(() =>
      this.db.batch([
        { type: 'put', key: KEY.report(report.headerHash), value: bytes(json) },
        { type: 'put', key: KEY.reportOf(report.header.epoch, report.headerHash), value: new Uint8Array() },
      ]),
    )
  }

  async getReport(headerHash: Hex): Promise<StoredReport | undefined> {
    const value = await this.#get(KEY.report(headerHash))
    if (value === undefined) return undefined
    const stored = JSON.parse(text(value)) as Omit<StoredReport, 'leaves'> & { leaves: Hex[] }
    return { ...stored, posted: stored.posted, leaves: stored.leaves.map(leaf => decodeLeaf(fromHex(leaf))) }
  }

  // -------------------------------------------------------------------------------------------- what was heard

  putGossip(epoch: number, item: Uint8Array): Promise<void> {
    return this.#put(KEY.gossip(epoch, createHash('sha256').update(item).digest('hex')), item)
  }

  async heardGossip(epoch: number): Promise<GossipItem[]> {
    const items = await this.#guarded(() => this.db.values(ofEpoch('gossip', epoch)).all())
    return items.map(item => GossipItem.decode(item))
  }

  putCertificate(epoch: number, certificate: Uint8Array): Promise<void> {
    return this.#put(KEY.certificate(epoch), certificate)
  }

  // -------------------------------------------------------------------------------------------- pruning

  /** Forgets all of earlier epochs, except what was signed. */
  async prune(epoch: number): Promise<void> {
    await this.#guarded(async () => {
      const ballots = await this.db.keys(beforeEpoch('ballot-of', epoch)).all()
      const reports = await this.db.keys(beforeEpoch('report-of', epoch)).all()
      const plain = await Promise.all(
        (['facts', 'gossip', 'certificate'] as const).map(kind => this.db.keys(beforeEpoch(kind, epoch)).all()),
      )
      const keys = [
        ...ballots,
        ...ballots.map(key => KEY.ballot(nameIn(key))),
        ...reports,
        ...reports.map(key => KEY.report(nameIn(key))),
        ...plain.flat(),
      ]
      await this.db.batch(keys.map(key => ({ type: 'del', key })))
    })
  }

  // -------------------------------------------------------------------------------------------- access

  /** Reads everything once: a damaged table is otherwise found only when its turn comes, perhaps in mid-epoch. */
  async #check(): Promise<void> {
    const version = await this.db.get(KEY.version)
    if (version === undefined) throw new Error('the signing record is missing')
    if (text(version) !== LAYOUT_VERSION) throw new Error(`layout ${text(version)} where ${LAYOUT_VERSION} is known`)
    for await (const _ of this.db.iterator()) {
      // reading is the check
    }
  }

  #get(key: string): Promise<Uint8Array | undefined> {
    return this.#guarded(() => this.db.get(key))
  }

  #put(key: string, value: Uint8Array, sync = false): Promise<void> {
    return this.#guarded(() => this.db.put(key, value, { sync }))
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw storeErrorFrom(error, this.dir)
    }
  }
}

const factsFrom = (value: Uint8Array): ChainFacts =>
  JSON.parse(text(value), (key, field) => (key === 'stake' ? BigInt((field as string).slice(0, -1)) : field))

function openErrorFrom(error: unknown, dir: string, mode: StoreOptions['mode']): unknown {
  const messages: string[] = []
  for (let e = error; e instanceof Error; e = e.cause) messages.push(e.message)
  const all = messages.join(': ')
  if (mode === 'create' && /exists/.test(all)) {
    return new StoreError(
      'locked',
      `There is a database in ${dir} already: use it, or choose another directory.`,
      error,
    )
  }
  if (mode === 'existing' && /does not exist \(create_if_missing/.test(all)) {
    return new StoreError(
      'missing',
      `There is no database in ${dir}. For a new key run "bandwitness verifier init"; for a key in use restore the directory from a copy, for a key must not sign without its record.`,
      error,
    )
  }
  if (/signing record is missing|layout .* is known/.test(all)) {
    return new StoreError('damaged', `The database in ${dir} cannot be used: ${all}. Restore it from a copy.`, error)
  }
  return storeErrorFrom(error, dir)
}
