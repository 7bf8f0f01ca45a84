/** How much memory a process has in use. */
import { readFileSync } from 'node:fs'
import { run } from './commands.js'

const KIB = 1024

/** Resident bytes, as the system counts them; undefined if the process has ended. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = statusOf(pid) ?? (await run(['ps', '-o', 'rss=', '-p', `${pid}`]).catch(() => ''))
  const kib = /^(?:VmRSS:)?\s*(\d+)/m.exec(status)?.[1]
  return kib === undefined ? undefined : Number(kib) * KIB
}

/** Undefined on a system without /proc, and for a process that has ended. */
function statusOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .find(line => line.startsWith('VmRSS:'))
  } catch {
    return undefined
  }
}
