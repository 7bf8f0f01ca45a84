/**
 * The watchdog's process. Its standard input is a pipe that only the testnet's process holds: when that ends, however it
 * ends, the pipe closes and the watchdog ends every process it was told of, then removes the temporary directories.
 * Lines on the pipe are JSON, see `WatchdogOrder`.
 */
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, type ProcessIdentity, signal } from './process-identity.js'
import type { WatchdogOrder } from './watchdog.js'

/** How long a node has to stop by itself before it is killed. */
const GRACE_MS = 5000
const POLL_MS = 20

const watched = new Map<number, ProcessIdentity>()
const temporary = new Set<string>()

// Ctrl-C reaches every process of the terminal; this one goes only once the others are gone.
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
  let left = alive()
  for (const process of left) signal(process, 'SIGTERM')
  while (left.length > 0) {
    await delay(POLL_MS)
    left = alive()
    if (Date.now() >= deadline) for (const process of left) signal(process, 'SIGKILL')
  }
}

function alive(): ProcessIdentity[] {
  return [...watched.values()].filter(isAlive)
}
