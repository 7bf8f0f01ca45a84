/** The process of one role: `role-main OPTIONS`, with the options as JSON. The process ends when its parent ends. */
import '../../../proto/polyfill.js'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { OPEN_BYTES } from '../../../probe/constants.js'
import { anchorOf } from '../../../probe/plane/clock.js'
import { forwardAll } from '../../../probe/plane/forwarding.js'
import { openRemote } from '../../../probe/plane/host.js'
import { relayCounterMemory } from '../../../probe/plane/relay-stats.js'
import type { RelayingEvent, RelayingOptions } from '../../../probe/plane/relaying.js'
import type { SendingOptions } from '../../../probe/plane/sending.js'
import { type Collecting, Receiver, type SenderArrivals } from '../../../probe/receiver/receiver.js'
import { systemClock } from '../../../probe/system.js'
import { bytesIn } from '../../../probe/verdict/share.js'
import { challengeOf } from '../../../probe/wire/path-validation.js'
import { MAX_SEQUENCE, NONCE_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import type { Answer, Order, Role, RoleOptions } from './role-messages.js'

/** For the last datagrams, and for a socket that was full. */
const SEND_SLACK_MS = 100
/** Large enough that no session of the bench uses up its budget. */
const BUDGET_SLACK = 4

type Part = { readonly port: number; handle(order: Order): Promise<Answer> }

const PARTS: Record<Role, (options: RoleOptions) => Promise<Part>> = { sender, relay, receiver }

const options = JSON.parse(process.argv[2]!) as RoleOptions
const answer = (message: Answer) => void process.send!(message)
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
process.once('disconnect', () => process.exit(0))
const part = await PARTS[options.role](options)
process.on('message', (order: Order) => void part.handle(order).then(answer))
answer({ ready: part.port })

async function receiver({ host, backend }: RoleOptions): Promise<Part> {
  const receiver = await Receiver.open({ host, port: 0, clock: systemClock, backend })
  let collecting: Collecting | undefined
  let arrivals: SenderArrivals | undefined
  return {
    port: receiver.port,
    async handle(order) {
      if ('expect' in order) {
        const { tag, headerKey, rateKbps } = order.expect
        collecting = receiver.collect(1, { main: MAX_SEQUENCE, control: 0, direct: 0, turn: 0 })
        collecting.expect(0, bytes(tag), bytes(headerKey), 'provider')
        const estimating = { claimKbps: rateKbps, thresholdKbps: 0, rttMs: 1, yieldMs: 0 }
        await collecting.begin(systemClock.now(), estimating, 1)
        return { done: true }
      }
      if ('finish' in order) {
        arrivals = (await collecting!.finish())[0]!
        const { arrived, chunks } = arrivals.main
        // Without garbage: the collector would run while the data is verified, and count as a part of that.
        let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, 0]
        for (const chunk of chunks) {
          for (const ms of chunk.arrivals) {
            if (ms > 0) firstMs = Math.min(firstMs, ms)
            lastMs = Math.max(lastMs, ms)
          }
        }
        return { arrived: { datagrams: arrived, ms: lastMs - firstMs } }
      }
      if (!('verify' in order)) throw new Error('a receiver does not know this order')
      const { datagrams } = await collecting!.verify(0, 'main', bytes(order.verify.key), 2 ** 32)
      collecting!.close()
      return { verified: datagrams }
    },
  }
}

async function relay({ host, backend, offload }: RoleOptions): Promise<Part> {
  const paths = new Map<number, (validated: boolean) => void>()
  const onEvent = (event: RelayingEvent) => event.kind === 'path' && paths.get(event.session)?.(event.validated)
  const spec: RelayingOptions = {
    ...{ host, port: 0, backend, offload, claimKbps: 1, clock: anchorOf(systemClock), forwarding: forwardAll },
    counters: relayCounterMemory(),
  }
  const remote = await openRemote('relaying', spec, onEvent)
  let id = 0
  return {
    port: remote.facts.port,
    async handle(order) {
      if ('finish' in order) {
        await remote.call('endSession', id)
        return { done: true }
      }
      if (!('relay' in order)) throw new Error('a relay does not know this order')
      const { tag, to, rateKbps, ms } = order.relay
      const validated = new Promise<boolean>(resolve => paths.set(++id, resolve))
      const budgetBytes = BUDGET_SLACK * bytesIn(rateKbps, ms)
      const nonce = randomBytes(NONCE_BYTES)
      const hop = { nextHopHost: to.host, nextHopPort: to.port, openBytes: OPEN_BYTES }
      const spec = { id, reserved: true, tag: bytes(tag), nonce, ...hop, opener: '', rateKbps, budgetBytes }
      await remote.call('openSession', spec)
      if (!(await validated)) throw new Error('the receiver did not echo the nonce')
      return { done: true }
    },
  }
}

async function sender({ host, backend, offload }: RoleOptions): Promise<Part> {
  const spec: SendingOptions = { host, port: 0, backend, offload, clock: anchorOf(systemClock) }
  const remote = await openRemote('sending', spec, () => {})
  return {
    port: remote.facts.port,
    async handle(order) {
      if ('challenge' in order) {
        const { tag, to } = order.challenge
        const socket = createSocket('udp4')
        socket.send(challengeOf(bytes(tag), randomBytes(NONCE_BYTES)), to.port, to.host)
        await once(socket, 'listening')
        await pause(SEND_SLACK_MS)
        socket.close()
        return { done: true }
      }
      if (!('send' in order)) throw new Error('a sender does not know this order')
      const { tag, key, headerKey, to, receiver, rateKbps, ms } = order.send
      const budgetBytes = BUDGET_SLACK * bytesIn(rateKbps, ms)
      const provider = { tag: bytes(tag), host: to.host, port: to.port }
      const phases = [{ run: 'main' as const, fromMs: 0, toMs: ms, rateKbps }]
      const keys = { key: bytes(key), headerKey: bytes(headerKey) }
      const flow = { ...keys, slot: 0, phases, durationMs: ms, budgetBytes, ipv6: false }
      // The receiver echoes no challenge, so the sender sends it no control datagrams.
      const control = { tag: randomBytes(TAG_BYTES), ...receiver }
      await remote.call('start', { ...flow, provider, receiver: control })
      await pause(ms + SEND_SLACK_MS)
      const log = await remote.call('stop')
      return { sent: log.sent.reduce((sum, n) => sum + n, 0) }
    },
  }
}
