/** Fifty times: traffic flows, a relay dies or goes silent, and the client notes how long nothing came. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Mode } from '../../../probe/tunnel/index.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Seeded } from '../seeded.js'
import { monotonicMs } from './clock.js'
import { type Cut, HOSTS, type Network } from './network.js'
import type { Parts } from './parts.js'
import { startLoad } from './programs.js'
import type { Fault, FaultReading, FaultRow } from './result.js'

export interface FaultOptions {
  readonly fault: Fault
  readonly count: number
  readonly rateKbps: number
  readonly random: Seeded
}

const LEGS = 2
const SECOND_MS = 1000
/** From a new leg until the second before the next fault begins: QUIC's rate has settled. */
const SETTLE_MS = 300
/** Faults shall not keep step with pings. */
const SPREAD_MS = 200
/** Reading a span must wait for what arrived in it. */
const AFTER_MS = 50
const SIGNALS = { kill: 'SIGKILL', blackhole: 'SIGSTOP' } as const
const CUTS: Record<Fault, Cut> = { kill: 'unreachable', blackhole: 'blackhole' }

export async function tunnelFaults(parts: Parts, mode: Mode, options: FaultOptions): Promise<FaultRow> {
  const { fault, count, rateKbps, random } = options
  const beganMs = monotonicMs()
  await parts.open(mode, LEGS, rateKbps, random.hex(16))
  const readings: FaultReading[] = []
  const grants = grantsOf(mode, rateKbps)
  let [otherDeaths, carrier] = [0, 0]
  const renew = async (path: number) => {
    await parts.clear(path)
    if (!(await parts.addLeg(path))) throw new Error(`${mode}, ${fault}: a leg did not join`)
  }
  while (readings.length < count) {
    await pause(SETTLE_MS + SECOND_MS + SPREAD_MS * random.share())
    const nowMs = monotonicMs()
    const before = await parts.look({ fromMs: nowMs - SECOND_MS, toMs: nowMs })
    if (before.deaths.length > 0) {
      otherDeaths += before.deaths.length
      for (const { path } of before.deaths) await renew(path)
      carrier = LEGS - 1 - before.deaths.at(-1)!.path
      continue
    }
    // In standby the one leg that carries is hit.
    const path = mode === 'standby' ? carrier : Math.floor(LEGS * random.share())
    const atMs = monotonicMs()
    parts.hit(path, SIGNALS[fault])
    await pause(SECOND_MS + AFTER_MS)
    const after = await parts.look({ fromMs: atMs, toMs: atMs + SECOND_MS })
    const left = after.deaths.find(death => death.path === path)
    readings.push(readingOf(before, after, grants, left && left.atMs - atMs))
    otherDeaths += after.deaths.filter(death => death.path !== path).length
    for (const dead of new Set([path, ...after.deaths.map(death => death.path)])) await renew(dead)
    carrier = LEGS - 1 - path
  }
  const { wrongBytes, isSameHash } = await parts.finish()
  return { way: mode, fault, rateKbps, readings, wrongBytes, isSameHash, otherDeaths, seconds: secondsSince(beganMs) }
}

/** Each fault hits a connection of its own: the kernel does not open a subflow again. */
export async function mptcpFaults(network: Network, watchdog: Watchdog, options: FaultOptions): Promise<FaultRow> {
  const { fault, count, rateKbps, random } = options
  const beganMs = monotonicMs()
  const readings: FaultReading[] = []
  const grants = grantsOf('mptcp', rateKbps)
  let [wrongBytes, misses] = [0, 0]
  while (readings.length < count) {
    const load = await startLoad({ kind: 'mptcp', host: HOSTS.exit(0), namespace: network.client, watchdog })
    try {
      await pause(SETTLE_MS + 1.5 * SECOND_MS + SPREAD_MS * random.share())
      const nowMs = monotonicMs()
      const before = await load.look({ fromMs: nowMs - SECOND_MS, toMs: nowMs })
      if (before.subflows < LEGS) {
        if (++misses > count) throw new Error('MPTCP does not open its second subflow')
        continue
      }
      const path = Math.floor(LEGS * random.share())
      const atMs = monotonicMs()
      await network.cut(path, CUTS[fault])
      await pause(SECOND_MS + AFTER_MS)
      const after = await load.look({ fromMs: atMs, toMs: atMs + SECOND_MS })
      await network.mend(path, CUTS[fault])
      readings.push(readingOf(before, after, grants, undefined))
      wrongBytes += await load.finish()
    } finally {
      await load.close()
    }
  }
  const facts = { way: 'mptcp', fault, rateKbps, readings, wrongBytes, isSameHash: wrongBytes === 0 } as const
  return { ...facts, otherDeaths: 0, seconds: secondsSince(beganMs) }
}

interface Second {
  readonly bytes: number
  readonly gapMs: number
}

interface Grants {
  readonly beforeKbps: number
  readonly afterKbps: number
}

/** In standby and copies one leg's rate is all that a tunnel carries. One path of two is left after a fault. */
const grantsOf = (way: Mode | 'mptcp', rateKbps: number): Grants => ({
  beforeKbps: way === 'spread' || way === 'mptcp' ? rateKbps * LEGS : rateKbps,
  afterKbps: rateKbps * (LEGS - 1),
})

function readingOf(
  before: Second,
  after: Second,
  { beforeKbps, afterKbps }: Grants,
  leftMs: number | undefined,
): FaultReading {
  const share = ({ bytes }: Second, kbps: number) => (bytes * 8) / SECOND_MS / kbps
  const shares = { share: share(after, afterKbps), shareBefore: share(before, beforeKbps) }
  return { gapMs: after.gapMs, gapBeforeMs: before.gapMs, ...shares, leftMs }
}

const secondsSince = (beganMs: number): number => (monotonicMs() - beganMs) / 1000
