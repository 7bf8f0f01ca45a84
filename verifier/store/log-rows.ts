/** What was read of the chain's log, as rows of the database. */
import type { ChainEvent, LogChange, LogStore, Place, Progress } from '../core/chain-log.js'
import { allEvents, KEY } from './layout.js'

/** The store's access to its database. */
export interface Rows {
  get(key: string): Promise<Uint8Array | undefined>
  values(range: { gte: string; lt: string }): Promise<Uint8Array[]>
  /** All or nothing; first the puts. */
  change(put: readonly (readonly [key: string, value: Uint8Array])[], drop: readonly string[]): Promise<void>
}

/** A power failure may lose the last changes, together with the progress that goes with them: they are read again. */
export class LogRows implements LogStore {
  constructor(private readonly rows: Rows) {}

  async readLog(): Promise<{ progress: Progress | undefined; events: ChainEvent[] }> {
    const [progress, events] = await Promise.all([this.rows.get(KEY.logProgress), this.rows.values(allEvents)])
    return {
      progress: progress && (decode(progress) as Progress),
      events: events.map(one => decode(one) as ChainEvent),
    }
  }

  changeLog({ put, drop }: LogChange, progress: Progress): Promise<void> {
    const rows = put.map(event => [keyOf(event), encode(event)] as const)
    return this.rows.change([...rows, [KEY.logProgress, encode(progress)]], drop.map(keyOf))
  }
}

const keyOf = ({ block, logIndex }: Place): string => KEY.event(block, logIndex)

/** JSON, with amounts of tokens as texts that end in "n". */
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? `${field}n` : field)))

const decode = (value: Uint8Array): unknown =>
  JSON.parse(new TextDecoder().decode(value), (key, field) =>
    key === 'charged' ? BigInt((field as string).slice(0, -1)) : field,
  )
