/**
 * All that a verifier keeps: what it signed, the ballots and facts that a report follows from, the reports with their
 * leaves, and what it heard. What was signed, and this node's own ballots, are on disk before the call returns; the rest
 * may be lost with the machine's power, and is then fetched from peers.
 */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Level } from 'level'
import type { SeenEntry } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { Ballot, GossipItem, OpeningFault } from '../../proto/messages.js'
import { GOSSIP_KINDS, type GossipKind } from '../../proto/protocols.js'
import type { ChainFacts } from '../core/facts.js'
import type { PostedReport } from '../core/ports.js'
import { type CarryOver, decodeCarryOver, encodeCarryOver } from '../core/scoring/carry-over.js'
import { checkFiles } from './check-files.js'
import { noRecord, SigningConflict, StoreError, storeErrorFrom, unreadable } from './errors.js'
import { allOf, beforeEpoch, KEY, LAYOUT_VERSION, nameIn, ofEpoch } from './layout.js'
import { seal, unseal } from './sealed.js'
import { TranscriptFiles } from './transcript-files.js'

export interface StoredReport extends CarryOver {
  readonly header: Header
  readonly headerHash: Hex
  /** the ballot set it was computed from; empty where the leaves were fetched instead */
  readonly ballots: readonly SeenEntry[]
  /** once the chain was seen to have accepted it */
  readonly posted: PostedReport | undefined
}

/** What is used of the database below, so that a test can put a failing one in its place. */
export type Database = Pick<Level<string, Uint8Array>, 'open' | 'close' | 'get' | 'batch' | 'iterator' | 'keys'>

export interface StoreOptions {
  /** `existing` refuses to start on nothing: a key whose record is gone must not sign */
  readonly mode: 'create' | 'existing'
  readonly database?: Database
}

const ENCODING = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

type Row = readonly [key: string, value: Uint8Array]

export class Store {
  /** Ends when no slot is being written: two calls for one slot must not both find it free. */
  #recording: Promise<unknown> = Promise.resolve()
  readonly #transcripts: TranscriptFiles

  private constructor(
    private readonly dir: string,
    private readonly db: Database,
  ) {
    this.#transcripts = new TranscriptFiles(dir)
  }

  /** @throws StoreError */
  static async open(dir: string, { mode, database }: StoreOptions): Promise<Store> {
    if (database === undefined) {
      await checkDirectory(dir, mode)
      if (mode === 'existing') await checkFiles(dir)
    }
    // not compressed, for an index that can be checked
    const options = { createIfMissing: mode === 'create', errorIfExists: mode === 'create', compression: false }
    const db = database ?? new Level<string, Uint8Array>(dir, { ...ENCODING, ...options })
    const store = new Store(dir, db)
    try {
      await db.open()
      if (mode === 'create') await store.#write([[KEY.version, bytes(LAYOUT_VERSION)]], true)
      else await store.#check()
      return store
    } catch (error) {
      await db.close().catch(() => undefined)
      throw storeErrorFrom(error, dir)
    }
  }

  close(): Promise<void> {
    return this.db.close()
  }

  // -------------------------------------------------------------------------------------------- what was signed

  /** @returns whether it was new. @throws SigningConflict when the slot holds another digest; StoreError */
  recordSigned(slot: string, digest: Hex): Promise<'recorded' | 'same'> {
    const recording = this.#recording.then(async () => {
      const recorded = await this.#get(KEY.signed(slot))
      if (recorded === undefined) {
        await this.#write([[KEY.signed(slot), fromHex(digest)]], true)
        return 'recorded'
      }
      if (toHex(recorded) === digest) return 'same'
      throw new SigningConflict(slot, toHex(recorded), digest)
    })
    this.#recording = recording.catch(() => undefined)
    return recording
  }

  // -------------------------------------------------------------------------------------------- ballots and facts

  /** @param encoded a whole Ballot; @param own is on disk when this returns */
  async putBallot(root: Hex, encoded: Uint8Array, own = false): Promise<void> {
    const { epoch } = Ballot.decode(encoded)
    const rows: Row[] = [
      [KEY.ballot(root), encoded],
      [KEY.ballotOf(epoch, root), new Uint8Array()],
    ]
    await this.#write(rows, own)
  }

  getBallot(root: Hex): Promise<Uint8Array | undefined> {
    return this.#get(KEY.ballot(root))
  }

  /** All that are held of an epoch. */
  ballotsOf(epoch: number): Promise<Ballot[]> {
    return this.#guarded(async () => {
      const keys = await this.db.keys(ofEpoch('ballot-of', epoch)).all()
      const encoded = await Promise.all(keys.map(key => this.getBallot(nameIn(key))))
      return encoded.filter(bytes => bytes !== undefined).map(bytes => Ballot.decode(bytes))
    })
  }

  putFacts(facts: ChainFacts): Promise<void> {
    const json = JSON.stringify(facts, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
    return this.#write([[KEY.facts(facts.epoch, facts.blockHash), bytes(json)]])
  }

  async getFacts(epoch: number, blockHash: Hex): Promise<ChainFacts | undefined> {
    const value = await this.#get(KEY.facts(epoch, blockHash))
    return value && factsFrom(value)
  }

  /** Of the newest epoch. */
  async latestFacts(): Promise<ChainFacts | undefined> {
    const [value] = await this.#values({ ...allOf('facts'), reverse: true, limit: 1 })
    return value && factsFrom(value)
  }

  // -------------------------------------------------------------------------------------------- reports

  async putReport(report: StoredReport): Promise<void> {
    const { header, headerHash, ballots, posted } = report
    const json = JSON.stringify({ header, headerHash, ballots, posted, leaves: encodeCarryOver(report).map(toHex) })
    await this.#write([
      [KEY.report(report.headerHash), bytes(json)],
      [KEY.reportOf(report.header.epoch, report.headerHash), new Uint8Array()],
    ])
  }

  async getReport(headerHash: Hex): Promise<StoredReport | undefined> {
    const value = await this.#get(KEY.report(headerHash))
    if (value === undefined) return undefined
    const stored = JSON.parse(text(value)) as Omit<StoredReport, keyof CarryOver> & { leaves: Hex[] }
    return { ...stored, posted: stored.posted, ...decodeCarryOver(stored.leaves.map(fromHex)) }
  }

  // -------------------------------------------------------------------------------------------- what was heard

  putGossip(epoch: number, item: Uint8Array): Promise<void> {
    return this.#write([[KEY.gossip(epoch, createHash('sha256').update(item).digest('hex')), item]])
  }

  /** Each item once, in the order of an epoch's phases, in which they make sense to whoever hears them all at once. */
  async heardGossip(epoch: number): Promise<GossipItem[]> {
    const items = (await this.#values(ofEpoch('gossip', epoch))).map(item => GossipItem.decode(item))
    return items.sort((a, b) => phaseOf(a) - phaseOf(b))
  }

  putCertificate(epoch: number, certificate: Uint8Array): Promise<void> {
    return this.#write([[KEY.certificate(epoch), certificate]])
  }

  // -------------------------------------------------------------------------------------------- evidence of sessions

  putTranscript(epoch: number, sessionId: Uint8Array, encoded: Uint8Array): Promise<void> {
    return this.#guarded(() => this.#transcripts.put(epoch, toHex(sessionId), encoded))
  }

  /** Damage to it is found here, not when the store opens. */
  getTranscript(sessionId: Hex): Promise<Uint8Array | undefined> {
    return this.#guarded(() => this.#transcripts.get(sessionId))
  }

  /** @param encoded an OpeningFault; on disk when this returns: nobody else has it */
  putOpeningFault(epoch: number, sessionId: Uint8Array, encoded: Uint8Array): Promise<void> {
    return this.#write([[KEY.openingFault(epoch, toHex(sessionId)), encoded]], true)
  }

  /** All that are kept, oldest first. */
  async openingFaults(): Promise<OpeningFault[]> {
    return (await this.#values(allOf('opening-fault'))).map(fault => OpeningFault.decode(fault))
  }

  // -------------------------------------------------------------------------------------------- pruning

  /** Forgets all of earlier epochs, except what was signed. */
  async prune(epoch: number): Promise<void> {
    await this.#guarded(async () => {
      const ballots = await this.db.keys(beforeEpoch('ballot-of', epoch)).all()
      const reports = await this.db.keys(beforeEpoch('report-of', epoch)).all()
      const plain = await Promise.all(
        (['facts', 'gossip', 'certificate', 'opening-fault'] as const).map(kind =>
          this.db.keys(beforeEpoch(kind, epoch)).all(),
        ),
      )
      const keys = [
        ...ballots,
        ...ballots.map(key => KEY.ballot(nameIn(key))),
        ...reports,
        ...reports.map(key => KEY.report(nameIn(key))),
        ...plain.flat(),
      ]
      await this.db.batch(keys.map(key => ({ type: 'del', key })))
      await this.#transcripts.prune(epoch)
    })
  }

  // -------------------------------------------------------------------------------------------- access

  /** Reads everything but transcripts once: damage is otherwise found only when its turn comes, perhaps in mid-epoch. */
  async #check(): Promise<void> {
    const version = await this.db.get(KEY.version)
    if (version === undefined) throw noRecord(this.dir, 'it holds no signing record')
    const known = text(unseal(KEY.version, version))
    if (known !== LAYOUT_VERSION) throw noRecord(this.dir, `its layout is ${known}, where ${LAYOUT_VERSION} is known`)
    for await (const [key, value] of this.db.iterator()) unseal(key, value)
  }

  #get(key: string): Promise<Uint8Array | undefined> {
    return this.#guarded(async () => {
      const value = await this.db.get(key)
      return value && unseal(key, value)
    })
  }

  #values(range: { gte: string; lt: string; reverse?: boolean; limit?: number }): Promise<Uint8Array[]> {
    return this.#guarded(async () => {
      const entries = await this.db.iterator(range).all()
      return entries.map(([key, value]) => unseal(key, value))
    })
  }

  /** All rows or none. @param sync whether they are on disk when this returns */
  #write(rows: readonly Row[], sync = false): Promise<void> {
    const puts = rows.map(([key, value]) => ({ type: 'put' as const, key, value: seal(key, value) }))
    return this.#guarded(() => this.db.batch(puts, { sync }))
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

const phaseOf = ({ kind }: GossipItem): number => GOSSIP_KINDS.indexOf(kind as GossipKind)

/** Looks before the database does, which would leave an empty directory behind where there is none. */
async function checkDirectory(dir: string, mode: StoreOptions['mode']): Promise<void> {
  const files = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw unreadable(dir, error)
  })
  const hasData = files.some(file => /^(CURRENT|MANIFEST-.*|.*\.(ldb|sst|log))$/.test(file))
  if (mode === 'create' && hasData) {
    throw new StoreError('exists', `There is a database in ${dir} already: use it, or choose another directory.`)
  }
  if (mode === 'existing' && !hasData) throw noRecord(dir, 'there is no database')
}
