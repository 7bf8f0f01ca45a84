/**
 * Providers that share one link, which carries the claim of one of them: each keeps its claim while the others are idle. They
 * know of one another through a directory in which each touches a file of its own. Busy twins share the link equally.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ForwardingOptions, ProviderHistory, ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { Link, takesAll } from './link.js'

export const twin: ProviderProfile = {
  describe: 'shares one link of its claim with every other twin of the run',
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  forwarding: options => ({ module: import.meta.url, options }),
  broken: creditedJointly,
}

/** A twin counts as busy for this long after its last datagram. It looks into the directory this often. */
const BUSY_MS = 100
const LOOK_MS = 20

/** Heartbeats look like data, but are few: at most so many in so short a time. */
const MOST_HEARTBEATS = 2
const HEARTBEATS_MS = 100

export function createForwarding({ claimKbps, seed, sharedDir }: ForwardingOptions): Forwarding {
  const busyTwins = sharedActivity(sharedDir, createHash('sha256').update(seed).digest('hex').slice(0, 16))
  const links = new Map<number, Link>()
  const linkOf = (twins: number): Link => {
    const link = links.get(twins) ?? new Link(claimKbps / twins)
    links.set(twins, link)
    return link
  }
  let alone = 0
  let beganMs = Number.NEGATIVE_INFINITY
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (nowMs - beganMs > HEARTBEATS_MS) {
        beganMs = nowMs
        alone = MOST_HEARTBEATS
      }
      if (alone-- > 0) return 'now' // a heartbeat, perhaps, which makes no twin busy
      return linkOf(busyTwins(nowMs)).takes(packet, nowMs) ? 'now' : 'drop'
    },
  }
}

/** Marks this twin as busy, and returns how many twins are busy, itself included. */
function sharedActivity(directory: string, name: string): (nowMs: number) => number {
  const own = join(directory, name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(own, '')
  utimesSync(own, 0, 0) // there, and not busy
  let lookedMs = Number.NEGATIVE_INFINITY
  let busy = 1
  return nowMs => {
    if (nowMs - lookedMs < LOOK_MS) return busy
    lookedMs = nowMs
    const wallMs = Date.now()
    utimesSync(own, wallMs / 1000, wallMs / 1000)
    busy = readdirSync(directory).filter(file => wallMs - statSync(join(directory, file)).mtimeMs < BUSY_MS).length
    return Math.max(1, busy)
  }
}

/** All twins together are one link: a twin must not be certified above its part, or must be below the slashing threshold. */
function creditedJointly(history: ProviderHistory): string[] {
  return caught({ ...history, deliversKbps: Math.round(history.claimKbps / history.ofThisProfile) })
}
