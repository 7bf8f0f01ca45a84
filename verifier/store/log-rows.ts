/**
 * What was read of the chain's log, as rows of the database. The row with the progress counts the events, because damage
 * to the database may hide rows, and nobody else would notice: the log is read once. If rows are missing, all are
 * forgotten, and the node reads the log again.
 */
import type { ChainEvent, LogChange, LogStore, Place, Progress } from '../core/chain-log.js'
import { decodeJson, encodeJson } from './json.js'
import { allEvents, KEY } from './layout.js'
import type { SealedRows } from './sealed-rows.js'

interface Counted extends Progress {
  readonly events: number
}

/** A power failure may lose the last changes, together with the progress that goes with them: they are read again. */
export class LogRows implements LogStore {
  #keys = new Set<string>()

  constructor(private readonly rows: SealedRows) {}

  async readLog(): Promise<{ progress: Progress | undefined; events: ChainEvent[] }> {
    const [value, values] = await Promise.all([this.rows.get(KEY.logProgress), this.rows.values(allEvents)])
    const events = values.map(one => decode(one) as ChainEvent)
    this.#keys = new Set(events.map(keyOf))
    const counted = value && (decode(value) as Counted)
    if (counted?.events === events.length) {
      const { events: _, ...progress } = counted
      return { progress, events }
    }
    await this.rows.write([], true, [...this.#keys, KEY.logProgress])
    this.#keys.clear()
    return { progress: undefined, events: [] }
  }

  /** Call `readLog` first, and again if this call fails. */
  async changeLog({ put, drop }: LogChange, progress: Progress): Promise<void> {
    const rows = put.map(event => [keyOf(event), encodeJson(event)] as const)
    const drops = drop.map(keyOf)
    for (const [key] of rows) this.#keys.add(key)
    for (const key of drops) this.#keys.delete(key)
    const counted: Counted = { ...progress, events: this.#keys.size }
    await this.rows.write([...rows, [KEY.logProgress, encodeJson(counted)]], false, drops)
  }
}

const keyOf = ({ block, logIndex }: Place): string => KEY.event(block, logIndex)

const decode = (value: Uint8Array): unknown => decodeJson(value, ['charged'])
