/** Minutes of random deaths: in what share of the time do bytes come, over one leg, two and three? */
import { setTimeout as pause } from 'node:timers/promises'
import type { Seeded } from '../seeded.js'
import { monotonicMs } from './clock.js'
import type { Parts } from './parts.js'
import type { UptimeRow } from './result.js'

export interface UptimeOptions {
  readonly legs: number
  readonly seconds: number
  readonly rateKbps: number
  readonly random: Seeded
}

/** A relay lives so long on average; how long is drawn from an exponential distribution. */
const LIFE_MS = 60_000
/** Until a client has found another provider, and its sessions are open. */
const REPLACED_MS = 5000
const INTERVAL_MS = 100
const STEP_MS = 1000

export async function uptime(parts: Parts, { legs, seconds, rateKbps, random }: UptimeOptions): Promise<UptimeRow> {
  await parts.open('spread', legs, rateKbps, random.hex(16))
  await pause(2000)
  const beganMs = monotonicMs()
  const endMs = beganMs + seconds * 1000
  const lifeMs = () => -LIFE_MS * Math.log(1 - random.share())
  const next = Array.from({ length: legs }, () => ({ atMs: beganMs + lifeMs(), isDead: false }))
  let [deaths, others, up, intervals, longestMs, lookedMs] = [0, 0, 0, 0, 0, beganMs]
  while (lookedMs < endMs) {
    await pause(Math.max(0, Math.min(lookedMs + STEP_MS, ...next.map(({ atMs }) => atMs)) - monotonicMs()))
    for (const [path, event] of next.entries()) {
      if (monotonicMs() < event.atMs) continue
      if (event.isDead) await parts.addLeg(path)
      else {
        // Half of them die, and half fall silent.
        parts.hit(path, random.share() < 0.5 ? 'SIGKILL' : 'SIGSTOP')
        deaths++
        setTimeout(() => void parts.clear(path), REPLACED_MS / 2)
      }
      next[path] = { atMs: monotonicMs() + (event.isDead ? lifeMs() : REPLACED_MS), isDead: !event.isDead }
    }
    while (lookedMs + STEP_MS < monotonicMs() - INTERVAL_MS) {
      for (let fromMs = lookedMs; fromMs < lookedMs + STEP_MS; fromMs += INTERVAL_MS, intervals++) {
        const { bytes, gapMs, deaths: seen } = await parts.look({ fromMs, toMs: fromMs + INTERVAL_MS })
        // A leg that the client left by itself is replaced as well.
        for (const { path } of seen) {
          if (next[path]!.isDead) continue
          next[path] = { atMs: monotonicMs() + REPLACED_MS, isDead: true }
          others++
          setTimeout(() => void parts.clear(path), REPLACED_MS / 2)
        }
        if (bytes > 0) up++
        longestMs = Math.max(longestMs, gapMs)
      }
      lookedMs += STEP_MS
    }
  }
  const { wrongBytes, isSameHash } = await parts.finish()
  const wrong = isSameHash ? wrongBytes : Number.NaN
  return { legs, seconds, deaths, others, up: up / intervals, longestMs, wrongBytes: wrong }
}
