/** One transfer of verified payload from a sender through a relay to a receiver, at one rate. */
import { randomBytes } from 'node:crypto'
import { HEADER_KEY_BYTES } from '../../../probe/wire/header-seal.js'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import type { BenchRole } from './bench-role.js'
import type { Role } from './role-messages.js'
import type { Trial } from './search.js'
import { type Usage, usageOf } from './usage.js'

/** Beyond the time for which a sender sends: until it is through, or until all that came is verified. */
const SLACK_MS = 60_000

/** The roles, and the receiver's work once the key is revealed. */
type Part = Role | 'verifying'

export interface TransferTrial extends Trial {
  readonly sent: number
  readonly verified: number
  /** processor seconds for each verified gigabit */
  readonly coreSeconds: Readonly<Record<Part, number>>
  /** of these, in the kernel */
  readonly kernelSeconds: Readonly<Record<Part, number>>
  readonly residentMb: Readonly<Record<Role, number>>
}

/** The relay's part, for our relay and for socat. */
export interface RelayPart {
  readonly pid: number
  readonly host: string
  /** the sender's destination */
  readonly port: number
  /** Resolves when the relay is ready to forward a session's datagrams. */
  open(tag: string, rateKbps: number, ms: number): Promise<void>
  finish(): Promise<void>
}

export async function transfer(
  sender: BenchRole,
  relay: RelayPart,
  receiver: BenchRole,
  receiverHost: string,
  gbps: number,
  ms: number,
): Promise<TransferTrial> {
  const tag = randomBytes(8).toString('hex')
  const key = randomBytes(16).toString('hex')
  const headerKey = randomBytes(HEADER_KEY_BYTES).toString('hex')
  const rateKbps = Math.round((gbps * 1e6 * IP_DATAGRAM_BYTES) / DATAGRAM_BYTES)
  await receiver.process.ask({ expect: { tag, headerKey, rateKbps } }, 'done')
  await relay.open(tag, rateKbps, ms)
  const pids = { sender: sender.process.pid, relay: relay.pid, receiver: receiver.process.pid }
  const to = { host: relay.host, port: relay.port }
  const address = { host: receiverHost, port: receiver.port }
  const before = mapRoles(pids, usageOf)
  const order = { send: { tag, key, headerKey, to, receiver: address, rateKbps, ms } }
  const sent = await sender.process.ask(order, 'sent', ms + SLACK_MS)
  const after = mapRoles(pids, usageOf)
  const arrived = await receiver.process.ask({ finish: true }, 'arrived')
  await relay.finish()
  const beforeVerifying = usageOf(pids.receiver)
  const verified = await receiver.process.ask({ verify: { key } }, 'verified', ms + SLACK_MS)
  const gigabits = (verified * DATAGRAM_BYTES * 8) / 1e9
  const spans: Record<Part, readonly [Usage, Usage]> = {
    sender: [before.sender, after.sender],
    relay: [before.relay, after.relay],
    receiver: [before.receiver, after.receiver],
    verifying: [beforeVerifying, usageOf(pids.receiver)],
  }
  const perGigabit = (what: 'cpuSeconds' | 'kernelSeconds') =>
    mapParts(spans, ([from, to]) => (to[what] - from[what]) / gigabits)
  return {
    gbps: arrived.ms > 0 ? (verified * DATAGRAM_BYTES * 8) / (arrived.ms * 1e6) : 0,
    loss: sent > 0 ? 1 - verified / sent : 1,
    sent,
    verified,
    coreSeconds: perGigabit('cpuSeconds'),
    kernelSeconds: perGigabit('kernelSeconds'),
    residentMb: mapRoles(after, ({ residentBytes }) => Math.round(residentBytes / 1e6)),
  }
}

const mapRoles = <A, B>(from: Record<Role, A>, map: (value: A) => B): Record<Role, B> => ({
  sender: map(from.sender),
  relay: map(from.relay),
  receiver: map(from.receiver),
})

const mapParts = <A, B>(from: Record<Part, A>, map: (value: A) => B): Record<Part, B> => ({
  ...mapRoles(from, map),
  verifying: map(from.verifying),
})
