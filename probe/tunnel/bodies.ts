/**
 * The bodies of a leg's datagrams. Numbers are big-endian, clocks are doubles in milliseconds.
 *
 * join    clock 8 | tunnel 16 | down tag 8 | rate of the down session 4 (kbit/s)  client → exit
 * packet  number 6 | a packet of QUIC                                           both ways
 * ping    clock 8 | cookie 8 | next 6 | change 4 | mode 1 | flags 1 | legs 1 | for each: down tag 8, seen 4    client → exit
 * pong    clock of the ping or join 8 | cookie 8 | next 6 | proven bytes 6 | legs 1 | for each: down tag 8, seen 4   exit → client
 *
 * Each end numbers its packets over all legs, and `next` is the number of the next one. A ping names the legs that both ends
 * shall use, and the number of this choice: pings may come out of order. Its flags are 1 if the exit shall pad, and 2 if the
 * next ping comes later than otherwise. A pong names those that the exit uses. `seen` tells
 * what has come on a leg: one more than the highest sequence number. A body that is not exactly one of these drops.
 */
import { TAG_BYTES } from '../../proto/datagram.js'
import { CONTENT_BYTES, COOKIE_BYTES, MOST_LEGS, NUMBER_BYTES, TUNNEL_ID_BYTES } from './constants.js'

/** How packets are spread over the legs. */
export const MODES = ['spread', 'standby', 'copies'] as const
/** `spread`: over all legs by their rates. `standby`: over one, and the others wait. `copies`: each over all. */
export type Mode = (typeof MODES)[number]

export const KIND = { packet: 1, ping: 2, pong: 3, join: 4 } as const

export interface Join {
  readonly clockMs: number
  readonly tunnelId: Uint8Array
  readonly downTag: Uint8Array
  /** of the down session, at the IP layer */
  readonly downKbps: number
}

export interface Packet {
  /** counts up from 0, over all legs; the same in copies and repeats */
  readonly number: number
  /** of QUIC */
  readonly packet: Buffer
}

/** A leg in use. */
export interface Named {
  /** down tag */
  readonly tag: Uint8Array
  /** One more than the highest sequence number that has come on the leg; 0 before the first. */
  readonly seen: number
}

export interface Ping {
  readonly clockMs: number
  /** of the last pong on this leg; zeros before the first */
  readonly cookie: Uint8Array
  /** number of the client's next packet */
  readonly next: number
  /** grows with each choice of legs */
  readonly change: number
  readonly mode: Mode
  /** whether the exit shall pad what it sends on this leg */
  readonly padded: boolean
  /** whether the next ping may come as late as REST_PING_MS after this one */
  readonly rests: boolean
  readonly active: readonly Named[]
}

export interface Pong {
  /** of the ping or join */
  readonly clockMs: number
  readonly cookie: Uint8Array
  /** number of the exit's next packet */
  readonly next: number
  /** bytes of this leg that the exit has proven */
  readonly provenBytes: number
  readonly active: readonly Named[]
}

const RATE_BYTES = 4
const CLOCK_BYTES = 8
const PROVEN_BYTES = 6
const JOIN_TAG_AT = CLOCK_BYTES + TUNNEL_ID_BYTES
const JOIN_RATE_AT = JOIN_TAG_AT + TAG_BYTES
const JOIN_BYTES = JOIN_RATE_AT + RATE_BYTES
const NEXT_AT = CLOCK_BYTES + COOKIE_BYTES
const CHANGE_AT = NEXT_AT + NUMBER_BYTES
const MODE_AT = CHANGE_AT + 4
const PING_TAGS_AT = MODE_AT + 3
const SEEN_BYTES = 4
const NAMED_BYTES = TAG_BYTES + SEEN_BYTES
const PROVEN_AT = NEXT_AT + NUMBER_BYTES
const PONG_TAGS_AT = PROVEN_AT + PROVEN_BYTES + 1
/** Flags of a ping. */
const PADDED = 1
const RESTS = 2
export const NO_COOKIE = new Uint8Array(COOKIE_BYTES)

export function encodePacket(number: number, packet: Uint8Array): Buffer {
  const head = Buffer.alloc(NUMBER_BYTES)
  head.writeUIntBE(number, 0, NUMBER_BYTES)
  return Buffer.concat([head, packet])
}

export function decodePacket(content: Buffer): Packet | undefined {
  if (content.length <= NUMBER_BYTES || content.length > CONTENT_BYTES) return undefined
  return { number: content.readUIntBE(0, NUMBER_BYTES), packet: content.subarray(NUMBER_BYTES) }
}

export function encodeJoin({ clockMs, tunnelId, downTag, downKbps }: Join): Buffer {
  const content = Buffer.alloc(JOIN_BYTES)
  content.writeDoubleBE(clockMs)
  content.set(tunnelId, CLOCK_BYTES)
  content.set(downTag, JOIN_TAG_AT)
  content.writeUInt32BE(downKbps, JOIN_RATE_AT)
  return content
}

export function decodeJoin(content: Buffer): Join | undefined {
  if (content.length !== JOIN_BYTES) return undefined
  const clockMs = clockOf(content)
  const downKbps = content.readUInt32BE(JOIN_RATE_AT)
  if (clockMs === undefined || downKbps === 0) return undefined
  const tunnelId = content.subarray(CLOCK_BYTES, JOIN_TAG_AT)
  return { clockMs, tunnelId, downTag: content.subarray(JOIN_TAG_AT, JOIN_RATE_AT), downKbps }
}

export function encodePing({ clockMs, cookie, next, change, mode, padded, rests, active }: Ping): Buffer {
  const head = Buffer.alloc(PING_TAGS_AT)
  head.writeDoubleBE(clockMs)
  head.set(cookie, CLOCK_BYTES)
  head.writeUIntBE(next, NEXT_AT, NUMBER_BYTES)
  head.writeUInt32BE(change, CHANGE_AT)
  head.set([MODES.indexOf(mode), (padded ? PADDED : 0) | (rests ? RESTS : 0), active.length], MODE_AT)
  return Buffer.concat([head, ...active.map(encodeNamed)])
}

export function decodePing(content: Buffer): Ping | undefined {
  if (content.length < PING_TAGS_AT) return undefined
  const clockMs = clockOf(content)
  const mode = MODES[content[MODE_AT]!]
  const flags = content[MODE_AT + 1]!
  const active = namedIn(content, PING_TAGS_AT)
  if (clockMs === undefined || mode === undefined || flags > (PADDED | RESTS) || !active) return undefined
  const change = content.readUInt32BE(CHANGE_AT)
  const [padded, rests] = [(flags & PADDED) !== 0, (flags & RESTS) !== 0]
  return { clockMs, cookie: cookieOf(content), next: nextIn(content), change, mode, padded, rests, active }
}

export function encodePong({ clockMs, cookie, next, provenBytes, active }: Pong): Buffer {
  const head = Buffer.alloc(PONG_TAGS_AT)
  head.writeDoubleBE(clockMs)
  head.set(cookie, CLOCK_BYTES)
  head.writeUIntBE(next, NEXT_AT, NUMBER_BYTES)
  head.writeUIntBE(provenBytes, PROVEN_AT, PROVEN_BYTES)
  head[PONG_TAGS_AT - 1] = active.length
  return Buffer.concat([head, ...active.map(encodeNamed)])
}

export function decodePong(content: Buffer): Pong | undefined {
  if (content.length < PONG_TAGS_AT) return undefined
  const clockMs = clockOf(content)
  const active = namedIn(content, PONG_TAGS_AT)
  if (clockMs === undefined || !active) return undefined
  const provenBytes = content.readUIntBE(PROVEN_AT, PROVEN_BYTES)
  return { clockMs, cookie: cookieOf(content), next: nextIn(content), provenBytes, active }
}

const cookieOf = (content: Buffer): Buffer => content.subarray(CLOCK_BYTES, NEXT_AT)
const nextIn = (content: Buffer): number => content.readUIntBE(NEXT_AT, NUMBER_BYTES)

function clockOf(content: Buffer): number | undefined {
  const clockMs = content.readDoubleBE(0)
  return Number.isFinite(clockMs) && clockMs >= 0 ? clockMs : undefined
}

function encodeNamed({ tag, seen }: Named): Buffer {
  const bytes = Buffer.alloc(NAMED_BYTES)
  bytes.set(tag)
  bytes.writeUInt32BE(seen, TAG_BYTES)
  return bytes
}

/** The legs to the end of the content. Their number stands in the byte before. */
function namedIn(content: Buffer, at: number): Named[] | undefined {
  const count = content[at - 1]!
  if (count > MOST_LEGS || content.length !== at + count * NAMED_BYTES) return undefined
  return Array.from({ length: count }, (_, i) => {
    const from = at + i * NAMED_BYTES
    return { tag: content.subarray(from, from + TAG_BYTES), seen: content.readUInt32BE(from + TAG_BYTES) }
  })
}
