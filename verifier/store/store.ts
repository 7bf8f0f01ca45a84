/**
 * The data directory of a verifier. The file `signing-record` holds every digest that the verifier has signed. The
 * database `db` holds the ballots and facts that reports follow from, the reports with their leaves, and heard gossip.
 *
 * Signed digests and this node's own ballots are on disk before the call returns. A power failure may lose the rest;
 * the node then fetches the rest from peers. So an older copy of the database is as good as the database itself.
 */
import { join } from 'node:path'
import { type Hex, toHex } from '../../proto/hex.js'
import { Evidence, type GossipItem, OpeningFault } from '../../proto/messages.js'
import type { LogStore } from '../core/chain-log.js'
import type { ChainFacts } from '../core/facts.js'
import { BallotRows } from './ballot-rows.js'
import { checkDirectory, type Database, databaseIn, type OpenMode } from './database.js'
import { damaged, existingRecord, noRecord, storeErrorFrom } from './errors.js'
import { FactRows } from './fact-rows.js'
import { GossipRows, type HeardItem } from './gossip-rows.js'
import { allOf, beforeEpoch, EPOCH_KINDS, KEY, LAYOUT_VERSION } from './layout.js'
import { moveSigned } from './layout-1.js'
import { moveRows } from './layout-2.js'
import { LogRows } from './log-rows.js'
import { isFile } from './new-file.js'
import { ProcessRow } from './process-row.js'
import { decodeHead, encodeHead, type RecordHead, type Signed } from './record-format.js'
import { type EpochRange, type HeldLeaf, ReportRows } from './report-rows.js'
import { SealedRows } from './sealed-rows.js'
import { openRecordFile, SigningRecord, type Witness } from './signing-record.js'
import type { ReportSummary, StoredReport } from './stored-report.js'
import { TranscriptFiles } from './transcript-files.js'

export type { ReportSummary, StoredReport }

export interface StoreOptions {
  /** `existing` refuses to start without data: a key without its record must not sign */
  readonly mode: OpenMode
  readonly database?: Database
  readonly openFile?: typeof openRecordFile
}

/** How often the room of deleted epochs is given back. Each time writes some tables again, of 2 MiB. */
const COMPACT_EPOCHS = 8

const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

export class Store {
  /** what was read of the chain's log */
  readonly chainLog: LogStore
  readonly ballots: BallotRows
  readonly process: ProcessRow
  /** with their parts, for whoever does not need a whole report */
  readonly reports: ReportRows
  readonly #rows: SealedRows
  readonly #transcripts: TranscriptFiles
  readonly #facts: FactRows
  readonly #gossip: GossipRows
  #record!: SigningRecord

  private constructor(
    private readonly dir: string,
    private readonly db: Database,
  ) {
    this.#transcripts = new TranscriptFiles(dir)
    this.#rows = new SealedRows(db, dir)
    this.ballots = new BallotRows(db, this.#rows)
    this.process = new ProcessRow(this.#rows)
    this.reports = new ReportRows(db, this.#rows)
    this.#facts = new FactRows(db, this.#rows)
    this.#gossip = new GossipRows(this.#rows, this.ballots)
    this.chainLog = new LogRows(this.#rows)
  }

  /** Only one process can open a store at a time: the database's lock also guards the record. @throws StoreError */
  static async open(dataDir: string, { mode, database, openFile = openRecordFile }: StoreOptions): Promise<Store> {
    const dir = join(dataDir, 'db')
    const recordPath = join(dataDir, 'signing-record')
    if (database === undefined) await checkDirectory(dir, mode)
    if (mode === 'create' && (await isFile(recordPath))) throw existingRecord(recordPath)
    const store = new Store(dir, database ?? databaseIn(dir, mode))
    try {
      await store.db.open()
      if (mode === 'create') await store.#create(recordPath)
      else await store.#check(recordPath)
      store.#record = await SigningRecord.open(recordPath, store.#witness(), openFile)
      return store
    } catch (error) {
      await store.db.close().catch(() => undefined)
      throw storeErrorFrom(error, dir)
    }
  }

  async close(): Promise<void> {
    await this.#record.close()
    await this.db.close()
  }

  // -------------------------------------------------------------------------------------------- what was signed

  /** @returns whether the entry was new. @throws SigningConflict if the slot holds another digest; StoreError */
  recordSigned(slot: string, digest: Hex): Promise<'recorded' | 'same'> {
    return this.#record.add(slot, digest)
  }

  /** The digest that the key has signed for a slot; undefined if it has signed none. */
  signedDigest(slot: string): Hex | undefined {
    return this.#record.digestOf(slot)
  }

  get signedSlots(): Iterable<string> {
    return this.#record.slots
  }

  /** Whether the signing record is the very file to which this node last wrote, and not a copy that was restored. */
  get isRecordUntouched(): boolean {
    return this.#record.isUntouched
  }

  /** Writes a copy of the signing record. @param owner 32 bytes: whose record it is. @throws StoreError */
  exportRecord(path: string, owner: Hex): Promise<RecordHead> {
    return this.#record.export(path, owner)
  }

  /**
   * Adds what another copy of the key has signed: all of it, or nothing.
   * @returns how many entries were new. @throws SigningConflict if a slot holds another digest; StoreError
   */
  mergeRecord(signed: readonly Signed[]): Promise<number> {
    return this.#record.merge(signed)
  }

  // -------------------------------------------------------------------------------------------- facts

  putFacts(facts: ChainFacts): Promise<void> {
    return this.#facts.put(facts)
  }

  getFacts(epoch: number, blockHash: Hex): Promise<ChainFacts | undefined> {
    return this.#facts.get(epoch, blockHash)
  }

  /** All facts of an epoch: of each block that was B(e), on some branch. */
  factsOf(epoch: number): Promise<ChainFacts[]> {
    return this.#facts.of(epoch)
  }

  /** Epoch and block of the newest facts. */
  latestFacts(): Promise<Pick<ChainFacts, 'epoch' | 'blockHash'> | undefined> {
    return this.#facts.latest()
  }

  // -------------------------------------------------------------------------------------------- reports

  putReport(report: StoredReport): Promise<void> {
    return this.reports.put(report)
  }

  getReport(headerHash: Hex): Promise<StoredReport | undefined> {
    return this.reports.get(headerHash)
  }

  /** The newest report of which this node has seen that the chain accepted it. */
  lastPosted(): Promise<ReportSummary | undefined> {
    return this.reports.lastPosted()
  }

  reportSummary(epoch: number, headerHash: Hex): Promise<ReportSummary | undefined> {
    return this.reports.summary(epoch, headerHash)
  }

  /** What accepted reports said of one provider, the newest first. After a reorganisation, an epoch may have several. */
  leavesOf(provider: Hex, range: EpochRange): Promise<HeldLeaf[]> {
    return this.reports.leavesOf(provider, range)
  }

  // -------------------------------------------------------------------------------------------- what was heard

  /** @param item an encoded GossipItem with a right message. Holds the votes of a ballot, too, when this returns */
  putGossip(epoch: number, item: Uint8Array): Promise<void> {
    return this.#gossip.put(epoch, item)
  }

  /** Each item once, in the order of an epoch's phases. */
  heardGossip(epoch: number): Promise<GossipItem[]> {
    return this.#gossip.heard(epoch)
  }

  /** Names each item once, in the order of an epoch's phases: `gossipItem` reads one. */
  gossipNames(epoch: number): Promise<HeardItem[]> {
    return this.#gossip.names(epoch)
  }

  /** An encoded GossipItem; undefined if it was pruned meanwhile. */
  gossipItem(item: HeardItem): Promise<Uint8Array | undefined> {
    return this.#gossip.item(item)
  }

  // -------------------------------------------------------------------------------------------- evidence of equivocations

  /** @param name tells evidence of one epoch apart. @param encoded an Evidence, on disk when this returns */
  putEvidence(epoch: number, name: string, encoded: Uint8Array): Promise<void> {
    return this.#rows.write([[KEY.evidence(epoch, name), encoded]], true)
  }

  /** All stored evidence, oldest first. */
  async evidence(): Promise<Evidence[]> {
    return (await this.#rows.values(allOf('evidence'))).map(one => Evidence.decode(one))
  }

  // -------------------------------------------------------------------------------------------- evidence of sessions

  putTranscript(epoch: number, sessionId: Uint8Array, encoded: Uint8Array): Promise<void> {
    return this.#rows.guarded(() => this.#transcripts.put(epoch, toHex(sessionId), encoded))
  }

  /** This call finds damage to the transcript; opening the store does not. @param newest epoch to look in */
  getTranscript(sessionId: Hex, newest: number): Promise<Uint8Array | undefined> {
    return this.#rows.guarded(() => this.#transcripts.get(sessionId, newest))
  }

  /** @param encoded an OpeningFault. It is on disk when this returns, because nobody else has it */
  putOpeningFault(epoch: number, sessionId: Uint8Array, encoded: Uint8Array): Promise<void> {
    return this.#rows.write([[KEY.openingFault(epoch, toHex(sessionId)), encoded]], true)
  }

  /** All stored opening faults, oldest first. */
  async openingFaults(): Promise<OpeningFault[]> {
    return (await this.#rows.values(allOf('opening-fault'))).map(fault => OpeningFault.decode(fault))
  }

  // -------------------------------------------------------------------------------------------- pruning

  /** Deletes all data of earlier epochs, except signed digests. */
  async prune(epoch: number): Promise<void> {
    await this.#rows.guarded(async () => {
      const rows = await Promise.all([
        this.ballots.keysBefore(epoch),
        this.reports.keysBefore(epoch),
        this.#facts.keysBefore(epoch),
        ...(['gossip', 'evidence', 'opening-fault'] as const).map(kind => this.db.keys(beforeEpoch(kind, epoch)).all()),
      ])
      const keys = rows.flat()
      await this.db.batch(keys.map(key => ({ type: 'del', key })))
      this.#facts.forgetBefore(epoch)
      this.reports.forgetBefore(epoch)
      await this.#transcripts.prune(epoch)
      if (keys.length > 0 && epoch % COMPACT_EPOCHS === 0) await this.#giveBack(epoch)
    })
  }

  /** Of itself the database keeps what was deleted for long: twice what is there. */
  async #giveBack(epoch: number): Promise<void> {
    for (const kind of EPOCH_KINDS) {
      const { gte, lt } = beforeEpoch(kind, epoch)
      await this.db.compactRange(gte, lt)
    }
  }

  // -------------------------------------------------------------------------------------------- access

  async #create(recordPath: string): Promise<void> {
    const head = await SigningRecord.create(recordPath)
    await this.#rows.write(
      [
        [KEY.version, bytes(LAYOUT_VERSION)],
        [KEY.record, encodeHead(head)],
      ],
      true,
    )
  }

  /**
   * Reads no more than a start needs: an old node has gigabytes. A read finds damage to its own row, and throws the same
   * error as a start.
   */
  async #check(recordPath: string): Promise<void> {
    const version = await this.#rows.get(KEY.version)
    if (version === undefined) throw noRecord(this.dir, 'it names no layout')
    const known = text(version)
    if (known === '1') await moveSigned(this.db, this.dir, recordPath)
    if (known === '1' || known === '2')
      await moveRows(this.db, this.#rows, { reports: this.reports, facts: this.#facts, ballots: this.ballots })
    else if (known !== LAYOUT_VERSION) {
      throw noRecord(this.dir, `its layout is ${known}, but this program knows only ${LAYOUT_VERSION}`)
    }
  }

  #witness(): Witness {
    return {
      read: async () => {
        const head = await this.#rows.get(KEY.record)
        if (head === undefined) throw damaged(this.dir, 'it does not say how far the signing record goes')
        const changedNs = await this.#rows.get(KEY.recordChanged)
        return { ...decodeHead(head), changedNs: changedNs && BigInt(text(changedNs)) }
      },
      write: (head, changedNs) =>
        this.#rows.write(
          [
            [KEY.record, encodeHead(head)],
            [KEY.recordChanged, bytes(`${changedNs ?? 0}`)],
          ],
          true,
        ),
    }
  }
}
