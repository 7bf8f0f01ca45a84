/** What was read of the chain's log, as rows of the database. */
import type { ChainEvent, LogChange, LogStore, Place, Progress } from '../core/chain-log.js'
import { decodeJson, encodeJson } from './json.js'
import { allEvents, KEY } from './layout.js'
import type { SealedRows } from './sealed-rows.js'

/** A power failure may lose the last changes, together with the progress that goes with them: they are read again. */
export class LogRows implements LogStore {
  constructor(private readonly rows: SealedRows) {}

  async readLog(): Promise<{ progress: Progress | undefined; events: ChainEvent[] }> {
    const [progress, events] = await Promise.all([this.rows.get(KEY.logProgress), this.rows.values(allEvents)])
    return {
      progress: progress && (decode(progress) as Progress),
      events: events.map(one => decode(one) as ChainEvent),
    }
  }

  changeLog({ put, drop }: LogChange, progress: Progress): Promise<void> {
    const rows = put.map(event => [keyOf(event), encodeJson(event)] as const)
    return this.rows.write([...rows, [KEY.logProgress, encodeJson(progress)]], false, drop.map(keyOf))
  }
}

const keyOf = ({ block, logIndex }: Place): string => KEY.event(block, logIndex)

const decode = (value: Uint8Array): unknown => decodeJson(value, ['charged'])
