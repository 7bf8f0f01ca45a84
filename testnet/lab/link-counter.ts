/**
 * Reads the counter of the provider's device, which sees exactly what the shaper lets through, every two milliseconds.
 * (`tc -s` shows the same number, but each look starts a program; the two are compared once a session.)
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { monotonicMs } from '../../probe/plane/clock.js'
import { Curve } from './curve.js'
import { ipBytes } from './shaper.js'

const LOOK_MS = 2
const TABLE_BYTES = 8192
/** Positions of the sent bytes and packets in a line of /proc/net/dev, after the name. */
const SENT_BYTES = 8
const SENT_PACKETS = 9

export interface DeviceCounter {
  readonly bytes: number
  readonly packets: number
}

/** @param table of /proc/PID/net/dev */
export function sentBy(table: string, device: string): DeviceCounter {
  const line = table.split('\n').find(line => line.trimStart().startsWith(`${device}:`))
  if (line === undefined) throw new Error(`there is no device ${device}`)
  const fields = line
    .slice(line.indexOf(':') + 1)
    .trim()
    .split(/\s+/)
    .map(Number)
  return { bytes: fields[SENT_BYTES]!, packets: fields[SENT_PACKETS]! }
}

export class LinkCounter {
  readonly #file: number
  readonly #device: string
  readonly #table = Buffer.alloc(TABLE_BYTES)

  /** @param pid of any process in the namespace */
  constructor(pid: number, device: string) {
    this.#file = openSync(`/proc/${pid}/net/dev`, 'r')
    this.#device = device
  }

  read(): DeviceCounter {
    const length = readSync(this.#file, this.#table, 0, TABLE_BYTES, 0)
    return sentBy(this.#table.toString('latin1', 0, length), this.#device)
  }

  /** Watches while `work` is under way. Bytes at the IP layer. */
  async during<T>(work: Promise<T>): Promise<{ readonly result: T; readonly curve: Curve }> {
    const curve = new Curve()
    const look = () => curve.push(monotonicMs(), ipBytes(this.read()))
    look()
    const timer = setInterval(look, LOOK_MS)
    try {
      const result = await work
      look()
      return { result, curve }
    } finally {
      clearInterval(timer)
    }
  }

  close(): void {
    closeSync(this.#file)
  }
}
