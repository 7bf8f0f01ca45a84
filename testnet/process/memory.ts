import { readFileSync } from 'node:fs'

const KIBIBYTE = 1024

/** Bytes of memory that a process holds (Linux); undefined if it is gone, or the system does not tell. */
export function residentBytes(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? undefined : Number(kibibytes) * KIBIBYTE
  } catch {
    return undefined
  }
}
