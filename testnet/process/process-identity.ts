/** Tells a process from a later one that has the same pid. */
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** In clock ticks after boot, field 22 of /proc/PID/stat; undefined on a system without /proc, where the pid alone counts. */
  readonly startTime: string | undefined
}

export const identify = (pid: number): ProcessIdentity => ({ pid, startTime: startTimeOf(pid) })

/** Whether the very same process still runs. A zombie does not: it holds no port and no file. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  if (startTime !== undefined) return startTimeOf(pid) === startTime
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Sends a signal unless the process has ended. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, name)
  } catch {
    // The process ended between the look and the signal.
  }
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
