/** The lab of network namespaces: every node a process of its own, over links that the kernel shapes. */
import { shareKbps } from '../../probe/verdict/share.js'
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { startWatchdog, type Watchdog } from '../process/watchdog.js'
import { flowBeganMs, type Iperf3Result, runIperf3, startLoad, startUpload, type Upload } from './iperf3.js'
import {
  type Calibration,
  type Cell,
  claimOf,
  type Lab,
  type MeasuredSession,
  type ToolFlow,
  type ToolRequest,
} from './lab.js'
import { LabRole } from './lab-role.js'
import { LinkCounter } from './link-counter.js'
import type { Namespace } from './namespace.js'
import type { PathCounter } from './path.js'
import type { Role } from './role-messages.js'
import { SENDERS } from './session.js'
import { ipBytes, readFilter, tokenBucketFilter } from './shaper.js'
import { socketOverruns } from './socket-overruns.js'
import { type Closers, HOSTS, openTopology, TO_HUB, type Topology } from './topology.js'

const CALIBRATION_SECONDS = 3
/** Ports of iperf3's flows: the flow through the link, and the load beside it. */
const FLOW_PORT = 5201
const LOAD_PORT = FLOW_PORT + 1
/** Enough to keep the shaper busy, and no more than iperf3 can send on a small machine. */
const CALIBRATION_OVERDRIVE = 1.05
/** Of the intervals of half a second, the first two are the start, and the last is cut short. */
const SETTLED = { first: 2, last: -1, ms: 500 } as const
/** tc and the device count the same packets at different instants. The two counts may differ by this much. */
const COUNTERS_DIFFER = 32 * IP_DATAGRAM_BYTES

export interface LinkOptions {
  readonly claimKbps?: number
  readonly queueMs?: number | undefined
}

interface Roles {
  readonly provider: LabRole
  readonly receiver: LabRole
  readonly senders: readonly LabRole[]
}

interface Parts extends Topology {
  readonly watchdog: Watchdog
  readonly counter: LinkCounter
  readonly roles: Roles
}

export class NamespaceLab implements Lab {
  readonly kind = 'namespaces'
  readonly description: string
  readonly #parts: Parts
  readonly #closers: Closers
  #cell: Cell | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: Parts, closers: Closers) {
    this.#parts = parts
    this.#closers = closers
    this.description = `network namespaces, tbf, delay and loss by ${parts.path.kind}`
  }

  /** @throws Error if this machine cannot run the lab; `whyNoNamespaceLab` tells before */
  static async open(): Promise<NamespaceLab> {
    const closers: Closers = []
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

  /** @param link what differs from the lab's usual link */
  async shape(cell: Cell, { claimKbps = claimOf(cell), queueMs }: LinkOptions = {}): Promise<void> {
    const { router, path, roles } = this.#parts
    await router.run(['tc', 'qdisc', 'replace', 'dev', TO_HUB, 'root', ...tokenBucketFilter(cell.rateKbps, queueMs)])
    await path.set(cell)
    const cast = {
      claimKbps,
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
    const fromMs = flowBeganMs(link) + SETTLED.first * SETTLED.ms
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

  /** Sends from the provider's household through its link to the receiver. @returns ends the upload */
  upload(upload: Upload): Promise<() => Promise<void>> {
    const { provider, receiver, watchdog } = this.#parts
    return startUpload({ client: provider, server: receiver, host: HOSTS.receiver, port: FLOW_PORT, watchdog }, upload)
  }

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
      throw new Error(
        `the shaper counted ${passed} bytes, but its device ${least} to ${most}: there is no truth to compare with`,
      )
    }
    const overruns = {
      provider: socketOverruns(provider.pid) - providerBefore,
      receiver: socketOverruns(receiver.pid) - receiverBefore,
    }
    return { reading, link, overruns }
  }

  async #iperf3(request: ToolRequest): Promise<ToolFlow & Pick<Iperf3Result, 'intervalsKbps'>> {
    const { provider, receiver, counter, watchdog } = this.#parts
    const ends = { client: provider, server: receiver, host: HOSTS.receiver, port: FLOW_PORT, watchdog }
    const { result, curve: link } = await counter.during(runIperf3(ends, request))
    return { ...result, link }
  }

  /**
   * Works while each sender has a flow to the provider as fast as in a session: its cost is the harness's cost, too.
   */
  async #underLoad<T>(work: () => Promise<T>): Promise<T> {
    const { provider, senders, watchdog } = this.#parts
    const rateKbps = shareKbps(claimOf(this.#cell!), SENDERS)
    const ends: (() => Promise<void>)[] = []
    try {
      for (const [i, sender] of senders.entries()) {
        const flow = { client: sender, server: provider, host: HOSTS.provider, port: LOAD_PORT + i, watchdog }
        ends.push(await startLoad(flow, rateKbps))
      }
      return await work()
    } finally {
      await Promise.all(ends.map(end => end()))
    }
  }

  /** Adds the share that the path behind the link lost meanwhile. */
  async #counted<T>(work: Promise<T>): Promise<{ result: T; counted: { lostShare: number } }> {
    const { path } = this.#parts
    const before = await path.count()
    const result = await work
    return { result, counted: { lostShare: lostShare(before, await path.count()) } }
  }

  /** Bytes past the shaper: by its own count, and by its device's count just before and just after. */
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

async function build(closers: Closers): Promise<Parts> {
  const watchdog = await startWatchdog()
  closers.push(() => watchdog.close())
  const topology = await openTopology(closers, watchdog)
  const counter = new LinkCounter(topology.router.pid, TO_HUB)
  closers.push(() => counter.close())
  return { ...topology, watchdog, counter, roles: await startRoles(closers, watchdog, topology) }
}

async function startRoles(
  closers: Closers,
  watchdog: Watchdog,
  { provider, receiver, senders }: Topology,
): Promise<Roles> {
  const start = async (role: Role, namespace: Namespace, host: string) => {
    const started = await LabRole.start(role, namespace, host, watchdog)
    closers.push(() => started.close())
    return started
  }
  const starting = [
    start('provider', provider, HOSTS.provider),
    start('receiver', receiver, HOSTS.receiver),
    ...senders.map((sender, i) => start('sender', sender, HOSTS.sender(i))),
  ]
  const failed = (await Promise.allSettled(starting)).find(started => started.status === 'rejected')
  if (failed) throw failed.reason
  const [startedProvider, startedReceiver, ...startedSenders] = await Promise.all(starting)
  return { provider: startedProvider!, receiver: startedReceiver!, senders: startedSenders }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}
