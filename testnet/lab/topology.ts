/**
 * Namespaces, and how they are joined:
 *
 *   provider ── router, its way out shaped ─╮
 *    │ │ │                                  hub ── delay and loss ── receiver
 *    │ │ ╰─ sender-1 ───────────────────────┤
 *    │ ╰─── sender-2 ───────────────────────┤
 *    ╰───── sender-3 ───────────────────────╯
 *
 * A router of its own shapes the provider's link, as at home. If the provider's own device shaped it, the system would
 * hold the relay back instead of dropping what exceeds the rate. Nothing limits the links from the senders to the provider.
 *
 * Delay and loss lie on the receiver's link, so the direct path from a sender to the receiver has them as well as the path
 * through the provider. Both have the cell's round trip; between senders and provider there is almost none.
 */

import type { Watchdog } from '../process/watchdog.js'
import { Namespace } from './namespace.js'
import { HUB_DEVICE, openPath, type Path, RECEIVER_DEVICE } from './path.js'
import { SENDERS } from './session.js'

/** Undo one step each, in the order of the steps. */
export type Closers = (() => Promise<void> | void)[]

export interface Topology {
  /** All of them, each with the name that a person reads. */
  readonly namespaces: readonly { readonly name: string; readonly namespace: Namespace }[]
  readonly provider: Namespace
  readonly router: Namespace
  readonly receiver: Namespace
  readonly senders: readonly Namespace[]
  readonly path: Path
}

/** Devices are called after where they lead. */
export const TO_HUB = RECEIVER_DEVICE
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

/** The addresses by which nodes know one another. */
export const HOSTS = {
  provider: host(PROVIDER),
  receiver: host(RECEIVER),
  sender: (i: number): string => host(senderNetwork(i)),
} as const

/** As large as a connection of 1 Gbit/s over 150 ms needs: the usual maximum would be the other tools' bottleneck. */
const TCP_BUFFERS = '4096 131072 67108864'

/** @param closers filled with what undoes each step */
export async function openTopology(closers: Closers, watchdog: Watchdog): Promise<Topology> {
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
  const namespaces = [
    { name: 'hub', namespace: hub },
    { name: `provider ${HOSTS.provider}`, namespace: provider },
    { name: 'router of the provider', namespace: router },
    { name: `receiver ${HOSTS.receiver}`, namespace: receiver },
    ...senders.map((namespace, i) => ({ name: `sender ${HOSTS.sender(i)}`, namespace })),
  ]
  return { namespaces, provider, router, receiver, senders, path }
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
