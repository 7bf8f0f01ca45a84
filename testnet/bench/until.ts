import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 50

/** Looks again and again. @returns whether it is so, at last */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > endMs) return false
    await pause(LOOK_MS)
  }
  return true
}
