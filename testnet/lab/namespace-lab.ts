/**
 * Namespaces, and how they are joined:
 *
 *   provider ── router, its way out shaped ─╮
 *    │ │ │                                  hub ── delay and loss ── receiver
 *    │ │ ╰─ sender-1 ───────────────────────┤
 *    │ ╰─── sender-2 ───────────────────────┤
 *    ╰───── sender-3 ───────────────────────╯
 *
 * The provider's link is shaped at a router of its own, as at home: were it the provider's own device, the system would
 * hold the relay back instead of dropping what is too much. What comes in from senders has links that nothing limits.
 *
 * Delay and loss lie on the receiver's link, so that the direct path from a sender to the receiver has them as well as
 * the one through the provider: both have the cell's round trip, and between senders and provider there is next to none.
 */

import { shareKbps } from '../../probe/verdict/share.js'
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { startWatchdog, type Watchdog } from '../process/watchdog.js'
import { type Iperf3Result, runIperf3, startLoad } from './iperf3.js'
import {
  type Calibration,
  type Cell,
  claimOf,
  type Lab,
  type MeasuredSession,
  type ToolFlow,
  type ToolRequest,
} from './lab.js'
import { LinkCounter } from './link-counter.js'
import { Namespace } from './namespace.js'
import { HUB_DEVICE, openPath, type Path, type PathCounter, RECEIVER_DEVICE } from './path.js'
import { LabRole } from './role-process.js'
import { SENDERS } from './session.js'
import { ipBytes, readFilter, tokenBucketFilter } from './shaper.js'
import { socketOverruns } from './socket-overruns.js'

/** Devices are called after where they lead. */
const TO_HUB = RECEIVER_DEVICE
const TO_PROVIDER = 'provider'
const TO_ROUTER = 'router'

/** Third bytes of the networks' numbers. A node is known by its address in the first three kinds. */
const PROVIDER = 0
const senderNetwork = (i: number): number => 1 + i
const RECEIVER = SENDERS + 1
const senderToProvider = (i: number): number => 100 + i
const ROUTER_TO_HUB = 200
/** In every network the end that routes for the other, and the other. */
const gateway = (network: number): string => `10.0.${network}.1`
const host = (network: number): string => `10.0.${network}.2`

/** As large as a connection of 1 Gbit/s over 150 ms needs: the usual maximum would be the other tools' bottleneck. */
const TCP_BUFFERS = '4096 131072 67108864'

const CALIBRATION_SECONDS = 3
/** Of iperf3's flows, the one through the link and those that are its load: a port each. */
const FLOW_PORT = 5201
const LOAD_PORT = FLOW_PORT + 1
/** Enough to keep the shaper busy, and not more than iperf3 itself can send on a small machine. */
const CALIBRATION_OVERDRIVE = 1.05
/** Of the intervals of half a second the first two are the start, and the last is cut short. */
const SETTLED = { first: 2, last: -1, ms: 500 } as const
/** More than iperf3's ends tell each other before the flow begins. */
const FLOW_BYTES = 20_000
/** tc and the device count the same packets, but not in the same instant: this much may be between the two. */
const COUNTERS_DIFFER = 32 * IP_DATAGRAM_BYTES

interface Parts {
  readonly watchdog: Watchdog
  readonly namespaces: readonly { readonly name: string; readonly namespace: Namespace }[]
  readonly provider: Namespace
  readonly router: Namespace
  readonly receiver: Namespace
  readonly senders: readonly Namespace[]
  readonly path: Path
  readonly counter: LinkCounter
  readonly roles: {
    readonly provider: LabRole
    readonly receiver: LabRole
    readonly senders: readonly LabRole[]
  }
}

export class NamespaceLab implements Lab {
  readonly kind = 'namespaces'
  readonly description: string
  readonly #parts: Parts
  readonly #closers: (() => Promise<void> | void)[]
  #cell: Cell | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: Parts, closers: (() => Promise<void> | void)[]) {
    this.#parts = parts
    this.#closers = closers
    this.description = `network namespaces, tbf, delay and loss by ${parts.path.kind}`
  }

  /** @throws Error if this machine cannot have it; `whyNoNamespaces` tells before */
  static async open(): Promise<NamespaceLab> {
    const closers: (() => Promise<void> | void)[] = []
    try {
      return new NamespaceLab(await build(closers), closers)
    } catch (error) {
      await closeAll(closers)
      throw error
    }
  }

  get namespaces(): Parts['namespaces'] {
    return this.#parts.namespaces
  }

  async shape(cell: Cell): Promise<void> {
    const { router, path, roles } = this.#parts
    await router.run(['tc', 'qdisc', 'replace', 'dev', TO_HUB, 'root', ...tokenBucketFilter(cell.rateKbps)])
    await path.set(cell)
    const cast = {
      claimKbps: claimOf(cell),
      provider: roles.provider.address,
      receiver: roles.receiver.address,
      senders: roles.senders.map(({ address }) => address),
    }
    for (const role of [roles.provider, ...roles.senders, roles.receiver]) await role.cast(cast)
    this.#cell = cell
  }

  async calibrate(): Promise<Calibration> {
    const bitrate = `${Math.round(CALIBRATION_OVERDRIVE * this.#cell!.rateKbps)}k`
    const request = { protocol: 'udp', seconds: CALIBRATION_SECONDS, options: ['--bitrate', bitrate] } as const
    const { result, counted } = await this.#underLoad(() => this.#counted(this.#iperf3(request)))
    const { intervalsKbps, link } = result
    const settled = intervalsKbps.slice(SETTLED.first, SETTLED.last)
    const fromMs = link.riseMs(link.fromMs, FLOW_BYTES)! + SETTLED.first * SETTLED.ms
    return {
      linkKbps: link.rateKbps(fromMs, fromMs + settled.length * SETTLED.ms),
      arrivedKbps: settled.reduce((sum, kbps) => sum + kbps, 0) / settled.length / (1 - counted.lostShare),
    }
  }

  async measure(): Promise<MeasuredSession> {
    const { result, counted } = await this.#counted(this.#session())
    return { ...result, ...counted }
  }

  readonly iperf3 = (request: ToolRequest): Promise<ToolFlow> => this.#iperf3(request)

  close(): Promise<void> {
    this.#closing ??= closeAll(this.#closers)
    return this.#closing
  }

  async #session() {
    const { counter, roles, provider, receiver } = this.#parts
    const [providerBefore, receiverBefore] = [socketOverruns(provider.pid), socketOverruns(receiver.pid)]
    const before = await this.#counters()
    const { result: reading, curve: link } = await counter.during(roles.receiver.measure())
    const after = await this.#counters()
    const passed = after.filter - before.filter
    const [least, most] = [after.deviceBefore - before.deviceAfter, after.deviceAfter - before.deviceBefore]
    if (passed < least - COUNTERS_DIFFER || passed > most + COUNTERS_DIFFER) {
      throw new Error(`the shaper counted ${passed} bytes, the device behind it ${least} to ${most}: there is no truth`)
    }
    const overruns = {
      provider: socketOverruns(provider.pid) - providerBefore,
      receiver: socketOverruns(receiver.pid) - receiverBefore,
    }
    return { reading, link, overruns }
  }

  async #iperf3(request: ToolRequest): Promise<ToolFlow & Pick<Iperf3Result, 'intervalsKbps'>> {
    const { provider, receiver, counter, watchdog } = this.#parts
    const ends = { client: provider, server: receiver, host: host(RECEIVER), port: FLOW_PORT, watchdog }
    const { result, curve: link } = await counter.during(runIperf3(ends, request))
    return { ...result, link }
  }

  /** While each sender has a flow to the provider as fast as a session's: what that costs is the harness's, too. */
  async #underLoad<T>(work: () => Promise<T>): Promise<T> {
    const { provider, senders, watchdog } = this.#parts
    const rateKbps = shareKbps(claimOf(this.#cell!), SENDERS)
    const ends: (() => Promise<void>)[] = []
    try {
      for (const [i, sender] of senders.entries()) {
        const flow = { client: sender, server: provider, host: host(PROVIDER), port: LOAD_PORT + i, watchdog }
        ends.push(await startLoad(flow, rateKbps))
      }
      return await work()
    } finally {
      await Promise.all(ends.map(end => end()))
    }
  }

  /** With what the path behind the link lost meanwhile. */
  async #counted<T>(work: Promise<T>): Promise<{ result: T; counted: { lostShare: number } }> {
    const { path } = this.#parts
    const before = await path.count()
    const result = await work
    return { result, counted: { lostShare: lostShare(before, await path.count()) } }
  }

  /** Bytes that the shaper has let through by its own count, and by its device's before and after that was asked for. */
  async #counters() {
    const { router, counter } = this.#parts
    const deviceBefore = ipBytes(counter.read())
    const filter = ipBytes(readFilter(await router.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', TO_HUB])))
    return { deviceBefore, filter, deviceAfter: ipBytes(counter.read()) }
  }
}

function lostShare(before: PathCounter, after: PathCounter): number {
  const packets = after.packets - before.packets
  return packets > 0 ? (after.lost - before.lost) / packets : 0
}

/** @param closers filled with what undoes each step, in order */
async function build(closers: (() => Promise<void> | void)[]): Promise<Parts> {
  const watchdog = await startWatchdog()
  closers.push(() => watchdog.close())
  const open = async () => {
    const namespace = await Namespace.open(watchdog)
    closers.push(() => namespace.close())
    return namespace
  }
  const [hub, provider, router, receiver] = [await open(), await open(), await open(), await open()]
  const senders: Namespace[] = []
  while (senders.length < SENDERS) senders.push(await open())

  for (const namespace of [hub, router]) await namespace.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
  await join(PROVIDER, [router, TO_PROVIDER], [provider, TO_ROUTER])
  await route(provider, ['default', 'via', gateway(PROVIDER)])
  await join(ROUTER_TO_HUB, [hub, TO_ROUTER], [router, TO_HUB])
  await route(router, ['default', 'via', gateway(ROUTER_TO_HUB)])
  await route(hub, [host(PROVIDER), 'via', host(ROUTER_TO_HUB)])
  for (const [i, sender] of senders.entries()) {
    const device = `sender-${i + 1}`
    await join(senderNetwork(i), [hub, device], [sender, TO_HUB])
    await route(sender, ['default', 'via', gateway(senderNetwork(i))])
    await join(senderToProvider(i), [provider, device], [sender, TO_PROVIDER])
    await route(sender, [host(PROVIDER), 'via', gateway(senderToProvider(i)), 'src', host(senderNetwork(i))])
    await route(provider, [host(senderNetwork(i)), 'via', host(senderToProvider(i)), 'src', host(PROVIDER)])
  }
  const path = await openPath(hub, receiver, watchdog)
  closers.push(() => path.close())
  await address(RECEIVER, [hub, HUB_DEVICE], [receiver, RECEIVER_DEVICE])
  await route(receiver, ['default', 'via', gateway(RECEIVER)])
  for (const end of [provider, receiver]) {
    await end.run(['sysctl', '-qw', `net.ipv4.tcp_rmem=${TCP_BUFFERS}`, `net.ipv4.tcp_wmem=${TCP_BUFFERS}`])
  }
  const counter = new LinkCounter(router.pid, TO_HUB)
  closers.push(() => counter.close())
  const namespaces = [
    { name: 'hub', namespace: hub },
    { name: `provider ${host(PROVIDER)}`, namespace: provider },
    { name: 'router of the provider', namespace: router },
    { name: `receiver ${host(RECEIVER)}`, namespace: receiver },
    ...senders.map((namespace, i) => ({ name: `sender ${host(senderNetwork(i))}`, namespace })),
  ]
  const roles = await startRoles(closers, watchdog, { provider, receiver, senders })
  return { watchdog, namespaces, provider, router, receiver, senders, path, counter, roles }
}

type End = readonly [Namespace, device: string]

async function join(network: number, near: End, far: End): Promise<void> {
  const peer = ['type', 'veth', 'peer', 'name', far[1], 'netns', String(far[0].pid)]
  await near[0].run(['ip', 'link', 'add', 'name', near[1], ...peer])
  await address(network, near, far)
}

async function address(network: number, near: End, far: End): Promise<void> {
  for (const [[namespace, device], own] of [
    [near, gateway(network)],
    [far, host(network)],
  ] as const) {
    await namespace.run(['ip', 'address', 'add', `${own}/24`, 'dev', device])
    await namespace.run(['ip', 'link', 'set', device, 'up'])
  }
}

async function route(namespace: Namespace, route: readonly string[]): Promise<void> {
  await namespace.run(['ip', 'route', 'add', ...route])
}

async function startRoles(
  closers: (() => Promise<void> | void)[],
  watchdog: Watchdog,
  { provider, receiver, senders }: { provider: Namespace; receiver: Namespace; senders: readonly Namespace[] },
): Promise<Parts['roles']> {
  const start = async (role: 'provider' | 'receiver' | 'sender', namespace: Namespace, network: number) => {
    const started = await LabRole.start(role, namespace, host(network), watchdog)
    closers.push(() => started.close())
    return started
  }
  const starting = [
    start('provider', provider, PROVIDER),
    start('receiver', receiver, RECEIVER),
    ...senders.map((sender, i) => start('sender', sender, senderNetwork(i))),
  ]
  const failed = (await Promise.allSettled(starting)).find(started => started.status === 'rejected')
  if (failed) throw failed.reason
  const [startedProvider, startedReceiver, ...startedSenders] = await Promise.all(starting)
  return { provider: startedProvider!, receiver: startedReceiver!, senders: startedSenders }
}

async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}
