import { writeFileSync } from 'node:fs'
import { getPriority } from 'node:os'

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
