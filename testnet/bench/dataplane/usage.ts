/** What a process has used so far, from /proc: the process itself is not asked. */
import { readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100
const PAGE_BYTES = 4096

export interface Usage {
  /** user and system, all threads */
  readonly cpuSeconds: number
  /** system alone */
  readonly kernelSeconds: number
  readonly residentBytes: number
}

export function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  const [user, system, resident] = [fields[11], fields[12], fields[21]].map(Number)
  return {
    cpuSeconds: (user! + system!) / TICKS_A_SECOND,
    kernelSeconds: system! / TICKS_A_SECOND,
    residentBytes: resident! * PAGE_BYTES,
  }
}
