/** One transfer of verified payload from a sender through a relay to a receiver, at one rate. */
import { randomBytes } from 'node:crypto'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import type { Answer, Role } from './role-messages.js'
import { type RoleProcess, type Usage, usageOf } from './role-process.js'
import type { Trial } from './search.js'

/** The roles, and what the receiver does once the key is revealed. */
type Part = Role | 'verifying'

export interface TransferTrial extends Trial {
  readonly sent: number
  readonly verified: number
  /** processor seconds for each gigabit that was verified */
  readonly coreSeconds: Readonly<Record<Part, number>>
  /** of these, in the kernel */
  readonly kernelSeconds: Readonly<Record<Part, number>>
  readonly residentMb: Readonly<Record<Role, number>>
}

/** The relay's part, whatever plays it. */
export interface RelayPart {
  readonly pid: number
  readonly host: string
  /** where the sender sends to */
  readonly port: number
  /** where the receiver hears it from */
  readonly sourcePort: number
  /** Resolves when a session's datagrams would be forwarded. */
  open(tag: string, rateKbps: number, ms: number): Promise<void>
  finish(): Promise<void>
}

export async function transfer(
  sender: RoleProcess,
  relay: RelayPart,
  receiver: RoleProcess,
  receiverHost: string,
  gbps: number,
  ms: number,
): Promise<TransferTrial> {
  const tag = randomBytes(8).toString('hex')
  const key = randomBytes(16).toString('hex')
  const rateKbps = Math.round((gbps * 1e6 * IP_DATAGRAM_BYTES) / DATAGRAM_BYTES)
  await receiver.ask({ expect: { tag, relayPort: relay.sourcePort, rateKbps } })
  await relay.open(tag, rateKbps, ms)
  const pids = { sender: sender.pid, relay: relay.pid, receiver: receiver.pid }
  const to = { host: relay.host, port: relay.port }
  const address = { host: receiverHost, port: receiver.port }
  const before = mapRoles(pids, usageOf)
  const { sent } = has('sent', await sender.ask({ send: { tag, key, to, receiver: address, rateKbps, ms } }))
  const after = mapRoles(pids, usageOf)
  const { arrived } = has('arrived', await receiver.ask({ finish: true }))
  await relay.finish()
  const beforeVerifying = usageOf(receiver.pid)
  const { verified } = has('verified', await receiver.ask({ verify: { key } }))
  const gigabits = (verified * DATAGRAM_BYTES * 8) / 1e9
  const spans: Record<Part, readonly [Usage, Usage]> = {
    sender: [before.sender, after.sender],
    relay: [before.relay, after.relay],
    receiver: [before.receiver, after.receiver],
    verifying: [beforeVerifying, usageOf(receiver.pid)],
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

type Having<K extends string> = Extract<Answer, Record<K, unknown>>

function has<K extends string>(what: K, answer: Answer): Having<K> {
  if (what in answer) return answer as Having<K>
  throw new Error('a role of the bench spoke out of turn')
}
