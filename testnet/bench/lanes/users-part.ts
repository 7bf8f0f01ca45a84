/** All users of one class, in a process of their own. Each is the next hop of its own session. */
import { setTimeout as pause } from 'node:timers/promises'
import { Purse } from '../../../market/client/purse.js'
import { systemClock } from '../../../probe/system.js'
import { Seeded } from '../seeded.js'
import { channelOf, NETWORK } from './chain-facts.js'
import { Flows } from './flows.js'
import type { NumberedUser, Part, Span, UsersOptions } from './role-messages.js'
import { openSession, payerOf } from './user-session.js'

/** Payments keep a session open, and a slow one has few receipts. As clients do. */
const PAY_MS = 4000
/** Until what was sent in a span has arrived. */
const AFTER_MS = 200

export async function usersPart(options: UsersOptions): Promise<Part> {
  const { host, relay, users, directory, seed } = options
  const random = new Seeded(seed)
  const flows = await Flows.open(host)
  const purse = await Purse.open(directory, NETWORK)

  async function start(user: NumberedUser): Promise<void> {
    const channel = channelOf(user, user.number)
    await purse.keep({ ...channel }, user.key)
    const own = { host, port: flows.port }
    const { session, grant } = await openSession(user, relay, own)
    await pause(session.client.settlingMs)
    const to = { host: relay.host, port: grant.udpPort }
    const flow = flows.add({ tag: grant.tag, to, kbps: user.kbps, phase: random.share() })
    const payer = payerOf(session, purse, channel.id, () => flow.arrivedBytes)
    await flow.arrived
    await payer.pay()
    setInterval(() => void payer.pay(), PAY_MS)
  }

  async function measure({ fromMs, toMs }: Span) {
    await pause(fromMs - systemClock.now())
    const { sent, arrivedBytes } = flows
    flows.record()
    await pause(toMs - systemClock.now())
    const offered = flows.sent - sent
    const leastBytes = Math.min(...flows.arrivedBytes.map((bytes, i) => bytes - arrivedBytes[i]!))
    await pause(AFTER_MS)
    return { ...flows.carried({ fromMs, toMs }, offered), leastKbps: (leastBytes * 8) / (toMs - fromMs) }
  }

  return {
    first: { ready: 0 },
    async handle(order) {
      if ('measure' in order) return { carried: await measure(order.measure) }
      await Promise.all(users.map(start))
      return { done: true }
    },
  }
}
