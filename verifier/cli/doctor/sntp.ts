/**
 * Asks one time server how far this machine's clock is off, by one datagram (SNTP, RFC 4330 and RFC 5905). The request
 * tells the server nothing of the clock: its time stamp is random, and the answer must repeat it. So nobody who does not
 * see the request can answer.
 */
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { MonotonicClock, RandomSource } from '../../../probe/index.js'
import type { WallClock } from '../../node/wall-clock.js'

const NTP_PORT = 123
const ANSWER_MS = 3000
const PACKET_BYTES = 48
/** Version 4, mode client. */
const REQUEST = 0x23
const MODE_SERVER = 4
const ALARM = 3
const MAX_STRATUM = 15
/** Places of time stamps in a packet (RFC 5905, section 7.3). */
const ORIGIN = 24
const RECEIVED = 32
const SENT = 40
const STAMP_BYTES = 8
/** From 1900 to 1970, and the length of an era: seconds from 2036 on begin again at 0 (RFC 4330, section 3). */
const UNIX_SECONDS = 2_208_988_800
const ERA_SECONDS = 2 ** 32
const LATER_ERA = 2 ** 31

/** By how much the server's clock is ahead of this machine's, and how long the question was on its way. */
export interface ClockOffset {
  readonly server: string
  readonly offsetMs: number
  /** The offset is right to half of it. */
  readonly delayMs: number
}

export interface SntpModules {
  readonly wall: WallClock
  readonly clock: MonotonicClock
  readonly random: RandomSource
}

export interface TimeServer {
  readonly host: string
  readonly port?: number | undefined
}

/** @throws Error in a few words if the server gives no time */
export async function askTime({ host, port = NTP_PORT }: TimeServer, modules: SntpModules): Promise<ClockOffset> {
  const { wall, clock, random } = modules
  const { address, family } = await lookup(host)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let timer: NodeJS.Timeout | undefined
  try {
    const answered = Promise.withResolvers<ClockOffset>()
    socket.on('error', answered.reject)
    timer = setTimeout(() => answered.reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS)
    const request = Buffer.alloc(PACKET_BYTES)
    request[0] = REQUEST
    const stamp = Buffer.from(random.bytes(STAMP_BYTES))
    stamp.copy(request, SENT)
    socket.connect(port, address, () => {
      const [sentMs, startMs] = [wall.nowMs(), clock.now()]
      socket.on('message', answer => {
        if (!answer.subarray(ORIGIN, ORIGIN + STAMP_BYTES).equals(stamp)) return // not the answer to this request
        const elapsedMs = clock.now() - startMs
        try {
          const [receivedMs, answeredMs] = timesIn(answer)
          const offsetMs = (receivedMs - sentMs + answeredMs - (sentMs + elapsedMs)) / 2
          answered.resolve({ server: host, offsetMs, delayMs: elapsedMs - (answeredMs - receivedMs) })
        } catch (error) {
          answered.reject(error)
        }
      })
      socket.send(request)
    })
    return await answered.promise
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}

/** When the server received the request and sent the answer, unix milliseconds. @throws Error */
export function timesIn(packet: Buffer): [receivedMs: number, sentMs: number] {
  if (packet.length < PACKET_BYTES) throw new Error('the answer is too short')
  const [head, stratum] = [packet[0]!, packet[1]!]
  if ((head & 7) !== MODE_SERVER) throw new Error('the answer is not one of a server')
  if (stratum === 0) {
    const code = packet.toString('latin1', 12, 16).replace(/[^A-Z]/g, '')
    throw new Error(`the server refuses${code === '' ? '' : ` (${code})`}`)
  }
  if (head >> 6 === ALARM || stratum > MAX_STRATUM) throw new Error('the server does not know the time itself')
  return [msAt(packet, RECEIVED), msAt(packet, SENT)]
}

function msAt(packet: Buffer, at: number): number {
  const seconds = packet.readUInt32BE(at)
  if (seconds === 0 && packet.readUInt32BE(at + 4) === 0) throw new Error('the answer holds no time')
  const era = seconds < LATER_ERA ? ERA_SECONDS : 0
  return (seconds + era - UNIX_SECONDS + packet.readUInt32BE(at + 4) / 2 ** 32) * 1000
}
