import { writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/**
 * Hands this process's niceness down to a child that leads a session. On Linux with `sched_autogroup` a session shares the
 * processors with other sessions by a niceness of its own, and its processes' niceness counts only among themselves. So
 * without this, the children of a test that is nice would take as much as everybody else together.
 * @see https://man7.org/linux/man-pages/man7/sched.7.html, "The autogroup feature"
 */
export function handDownNiceness(pid: number): void {
  const niceness = getPriority()
  if (niceness === 0) return
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness))
  } catch {
    // A kernel without such groups, or a child that is gone.
  }
}

/**
 * Lets this process, which leads a session, go before others of the machine if its user may: for what is alone on its machine
 * outside of a bench. Call it before the process starts threads, which inherit it.
 * @param niceness below zero
 */
export function goFirst(niceness: number): void {
  try {
    setPriority(niceness)
  } catch {
    return // without privileges
  }
  handDownNiceness(process.pid)
}
