/**
 * The namespaces of the bench, and how they are joined:
 *
 *                    ╭─ router 1, both ways shaped ── relay 1 ─╮
 *   client ── delay ── hub                                     exit
 *                    ╰─ router 2, both ways shaped ── relay 2 ─╯
 *
 * The delay and loss of all paths lie on the client's link. Each path has its own rate. A relay's host also routes, so TCP
 * and MPTCP go over the same paths: the exit has an address behind each relay.
 */
import { Namespace } from '../../lab/namespace.js'
import { HUB_DEVICE, openPath, type Path, RECEIVER_DEVICE } from '../../lab/path.js'
import { tokenBucketFilter } from '../../lab/shaper.js'
import type { Watchdog } from '../../process/watchdog.js'

export const RTT_MS = 40
const CLIENT_NETWORK = 0
const hubNetwork = (path: number): number => 10 + path
const relayNetwork = (path: number): number => 20 + path
const exitNetwork = (path: number): number => 30 + path
const near = (network: number): string => `10.88.${network}.1`
const far = (network: number): string => `10.88.${network}.2`
const all = (network: number): string => `10.88.${network}.0/24`

export const HOSTS = {
  client: far(CLIENT_NETWORK),
  relay: (path: number): string => far(relayNetwork(path)),
  /** as relay number `path` reaches the exit */
  exit: (path: number): string => far(exitNetwork(path)),
} as const

/** No limit of a socket's buffer shall be what is measured. */
const TCP_BUFFERS = '4096 131072 33554432'

/** How a path ends: its packets vanish, or whoever sends one is told that the destination is unreachable. */
export type Cut = 'blackhole' | 'unreachable'

export class Network {
  readonly client: Namespace
  readonly exit: Namespace
  readonly relays: readonly Namespace[]
  readonly #path: Path
  readonly #routers: readonly Namespace[]
  readonly #close: () => Promise<void>

  private constructor(parts: {
    readonly client: Namespace
    readonly exit: Namespace
    readonly relays: readonly Namespace[]
    readonly routers: readonly Namespace[]
    readonly path: Path
    readonly close: () => Promise<void>
  }) {
    this.client = parts.client
    this.exit = parts.exit
    this.relays = parts.relays
    this.#routers = parts.routers
    this.#path = parts.path
    this.#close = parts.close
  }

  static async open(paths: number, watchdog: Watchdog): Promise<Network> {
    const closers: (() => Promise<void>)[] = []
    const close = async () => {
      for (const one of closers.splice(0).reverse()) await one()
    }
    const open = async (): Promise<Namespace> => {
      const namespace = await Namespace.open(watchdog)
      closers.push(() => namespace.close())
      return namespace
    }
    try {
      const [client, hub, exit] = [await open(), await open(), await open()]
      const path = await openPath(hub, client, watchdog)
      closers.push(() => path.close())
      await address(hub, HUB_DEVICE, near(CLIENT_NETWORK))
      await address(client, RECEIVER_DEVICE, far(CLIENT_NETWORK))
      await route(client, 'default', near(CLIENT_NETWORK))
      await forwards(hub)
      const [relays, routers]: [Namespace[], Namespace[]] = [[], []]
      for (let i = 0; i < paths; i++) {
        const [router, relay] = [await open(), await open()]
        for (const one of [router, relay]) await forwards(one)
        await join(hubNetwork(i), [hub, `router${i}`], [router, 'hub'])
        await join(relayNetwork(i), [router, 'relay'], [relay, 'router'])
        await join(exitNetwork(i), [relay, 'exit'], [exit, `relay${i}`])
        for (const network of [relayNetwork(i), exitNetwork(i)]) await route(hub, all(network), far(hubNetwork(i)))
        await route(router, all(exitNetwork(i)), far(relayNetwork(i)))
        await route(router, all(CLIENT_NETWORK), near(hubNetwork(i)))
        await route(relay, all(CLIENT_NETWORK), near(relayNetwork(i)))
        await route(exit, all(relayNetwork(i)), near(exitNetwork(i)))
        await exit.run(['ip', 'rule', 'add', 'from', HOSTS.exit(i), 'table', String(100 + i)])
        await exit.run(['ip', 'route', 'add', 'default', 'via', near(exitNetwork(i)), 'table', String(100 + i)])
        relays.push(relay)
        routers.push(router)
      }
      for (const end of [client, exit]) {
        await end.run(['sysctl', '-qw', `net.ipv4.tcp_rmem=${TCP_BUFFERS}`, `net.ipv4.tcp_wmem=${TCP_BUFFERS}`])
      }
      return new Network({ client, exit, relays, routers, path, close })
    } catch (error) {
      await close()
      throw error
    }
  }

  get delayBy(): string {
    return this.#path.kind
  }

  /** @param rateKbps of each path and direction, at the IP layer; undefined for no limit. @param lossPercent each way */
  async shape(rateKbps: number | undefined, lossPercent = 0): Promise<void> {
    await this.#path.set({ rttMs: RTT_MS, lossPercent })
    for (const router of this.#routers) {
      for (const device of ['hub', 'relay']) {
        const shaped = rateKbps === undefined ? ['pfifo', 'limit', '4000'] : tokenBucketFilter(rateKbps)
        await router.run(['tc', 'qdisc', 'replace', 'dev', device, 'root', ...shaped])
      }
    }
  }

  /** Ends what is routed over a path, both ways. A relay's own process does not notice. */
  async cut(path: number, how: Cut): Promise<void> {
    await this.relays[path]!.run([
      'sh',
      '-c',
      this.#ends(path)
        .map(end => `ip route add ${how} ${end}`)
        .join(' && '),
    ])
  }

  async mend(path: number, how: Cut): Promise<void> {
    await this.relays[path]!.run([
      'sh',
      '-c',
      this.#ends(path)
        .map(end => `ip route del ${how} ${end}`)
        .join(' && '),
    ])
  }

  close(): Promise<void> {
    return this.#close()
  }

  #ends(path: number): string[] {
    return [`${HOSTS.client}/32`, `${HOSTS.exit(path)}/32`]
  }
}

type End = readonly [Namespace, device: string]

async function join(network: number, one: End, other: End): Promise<void> {
  const peer = ['type', 'veth', 'peer', 'name', other[1], 'netns', String(other[0].pid)]
  await one[0].run(['ip', 'link', 'add', 'name', one[1], ...peer])
  await address(one[0], one[1], near(network))
  await address(other[0], other[1], far(network))
}

async function address(namespace: Namespace, device: string, own: string): Promise<void> {
  await namespace.run(['ip', 'address', 'add', `${own}/24`, 'dev', device])
  await namespace.run(['ip', 'link', 'set', device, 'up'])
}

const route = (namespace: Namespace, to: string, via: string): Promise<string> =>
  namespace.run(['ip', 'route', 'add', to, 'via', via])

const forwards = (namespace: Namespace): Promise<string> => namespace.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
