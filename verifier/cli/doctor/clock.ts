/** How far this machine's clock is off: by the time servers that the operator names, else by the chain's block times. */
import { setTimeout as pause } from 'node:timers/promises'
import { ClockSkew } from '../../core/assignment/clock-skew.js'
import { CLOCK_TOLERANCE_MS } from '../../core/assignment/slots.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { bad, good, warning } from '../finding.js'
import { askTime, type ClockOffset, type SntpModules, type TimeServer } from './sntp.js'

const SUBJECT = 'clock'
const SET_IT = 'Set the clock by NTP, and keep the time service running.'
/** Above this, little is left of the tolerance of others, and time services do far better. */
const WARNING_MS = CLOCK_TOLERANCE_MS / 4

/** The chain is watched until so many blocks have come, or for so long. */
const BLOCKS = 4
const WATCH_MS = 15_000
const LOOK_MS = 250

/** @param servers at least one */
export async function clockByServers(servers: readonly TimeServer[], modules: SntpModules): Promise<Finding[]> {
  const asked = await Promise.all(
    servers.map(server =>
      askTime(server, modules).then(
        offset => ({ offset }),
        (error: Error) => ({
          silent: warning('time server', `${server.host}: ${error.message}`, 'Name another one with --ntp.'),
        }),
      ),
    ),
  )
  const offsets = asked.flatMap(one => ('offset' in one ? one.offset : []))
  const silent = asked.flatMap(one => ('silent' in one ? one.silent : []))
  if (offsets.length > 0) return [gradeOffset(medianOf(offsets)), ...silent]
  return [warning(SUBJECT, 'no time server answered', 'Name others with --ntp, or let UDP port 123 out.'), ...silent]
}

/** One server that is wrong does not move the median of three. */
const medianOf = (offsets: readonly ClockOffset[]): ClockOffset =>
  [...offsets].sort((a, b) => a.offsetMs - b.offsetMs)[Math.floor((offsets.length - 1) / 2)]!

/** Half of the delay is in doubt, and the doubt is the clock's: a far server shows no clock to be right. */
export function gradeOffset({ server, offsetMs, delayMs }: ClockOffset): Finding {
  const [awayMs, doubtMs] = [Math.abs(offsetMs), delayMs / 2]
  const side = offsetMs > 0 ? 'behind' : 'ahead'
  const found = `${(awayMs / 1000).toFixed(3)} s ${side}, by ${server}, right to ${doubtMs.toFixed(0)} ms`
  if (awayMs - doubtMs > CLOCK_TOLERANCE_MS)
    return bad(
      SUBJECT,
      `${found}: others refuse sessions that come more than ${CLOCK_TOLERANCE_MS / 1000} s off`,
      SET_IT,
    )
  return awayMs > WARNING_MS ? warning(SUBJECT, found, SET_IT) : good(SUBJECT, found)
}

export interface WatchModules extends Pick<SntpModules, 'wall' | 'clock'> {
  /** time of the chain's newest block, unix milliseconds */
  readonly newestBlockMs: () => Promise<number>
}

/** Watches blocks come. A clock that is behind shows at once; one that is ahead looks like a chain that is late. */
export async function clockByBlocks({ newestBlockMs, wall, clock }: WatchModules): Promise<Finding> {
  const skew = new ClockSkew(1)
  const endMs = clock.now() + WATCH_MS
  while (skew.blocks < BLOCKS && clock.now() < endMs) {
    skew.look(await newestBlockMs(), wall.nowMs())
    await pause(LOOK_MS)
  }
  const { found, leastAgeMs } = skew
  if (found !== undefined) return bad(SUBJECT, found, SET_IT)
  if (leastAgeMs === undefined)
    return warning(
      SUBJECT,
      `no block came in ${WATCH_MS / 1000} s, so nothing shows whether the clock is right`,
      'Ask a time server, such as with --ntp pool.ntp.org.',
    )
  return good(
    SUBJECT,
    `agrees with the chain's block times to ${((Math.abs(leastAgeMs) + LOOK_MS) / 1000).toFixed(1)} s; --ntp HOST tells more exactly`,
  )
}
