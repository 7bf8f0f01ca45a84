/**
 * The watchdog's process: `watchdog-main MARK`. Its standard input is a pipe that only the testnet's process holds. When the
 * testnet ends, however it ends, the pipe closes. The watchdog then ends every process that it was told of or that carries
 * the mark, and removes the temporary directories. Lines on the pipe are JSON, see `WatchdogOrder`.
 */
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { markedProcesses } from './marked-processes.js'
import { isAlive, type ProcessIdentity, signal } from './process-identity.js'
import type { WatchdogOrder } from './watchdog.js'

/** How long a process has to stop by itself before the watchdog kills it. */
const GRACE_MS = 5000
const POLL_MS = 20

const mark = process.argv[2]!
const watched = new Map<number, ProcessIdentity>()
const temporary = new Set<string>()

// Ctrl-C reaches every process of the terminal; the watchdog goes only once the others are gone.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  let order: WatchdogOrder
  try {
    order = JSON.parse(line) as WatchdogOrder
  } catch {
    continue // The last line of a parent that was killed while it wrote.
  }
  if ('watch' in order) watched.set(order.watch.pid, order.watch)
  else if ('forget' in order) watched.delete(order.forget)
  else if ('temporary' in order) temporary.add(order.temporary)
  else temporary.delete(order.keep)
}

await endAll()
for (const directory of temporary) rmSync(directory, { recursive: true, force: true, maxRetries: 3 })

async function endAll(): Promise<void> {
  const deadline = Date.now() + GRACE_MS
  const asked = new Set<number>()
  // A child that was just being started holds the pipe open until it is replaced by its program, and shows the mark
  // a moment later: hence the pause before every look, the first one included.
  for (;;) {
    await delay(POLL_MS)
    const left = [...watched.values(), ...markedProcesses(mark)].filter(isAlive)
    if (left.length === 0) return
    for (const identity of left) {
      if (Date.now() >= deadline) signal(identity, 'SIGKILL')
      else if (!asked.has(identity.pid)) signal(identity, 'SIGTERM')
      asked.add(identity.pid)
    }
  }
}
