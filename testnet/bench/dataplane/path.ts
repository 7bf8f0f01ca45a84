/** The path of the bench's datagrams: two veth pairs between three network namespaces, or loopback. */
import { Namespace, NamespaceError } from '../../lab/namespace.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Role } from './role-messages.js'

/** Runs a command in the namespace, or on the machine, that the path chooses. */
export type Inside = (argv: readonly string[]) => readonly string[]

export interface Path {
  readonly description: string
  /** the address that a role binds and is reached at; the relay has one on either side */
  readonly host: Record<Role, string>
  readonly inside: Record<Role, Inside>
  close(): Promise<void>
}

const SENDER = '10.77.1.1'
const RELAY_TO_SENDER = '10.77.1.2'
const RELAY_TO_RECEIVER = '10.77.2.1'
const RECEIVER = '10.77.2.2'

export async function openPath(watchdog: Watchdog, note: (line: string) => void): Promise<Path> {
  try {
    return await namespaces(watchdog)
  } catch (error) {
    if (!(error instanceof NamespaceError)) throw error
    note(`no namespaces (${error.message}); the bench runs over loopback`)
    const inside: Inside = argv => argv
    return {
      description: 'loopback',
      host: { sender: '127.0.0.1', relay: '127.0.0.1', receiver: '127.0.0.1' },
      inside: { sender: inside, relay: inside, receiver: inside },
      close: async () => {},
    }
  }
}

async function namespaces(watchdog: Watchdog): Promise<Path> {
  const opened: Namespace[] = []
  const close = async () => {
    for (const namespace of opened.splice(0)) await namespace.close()
  }
  try {
    for (let i = 0; i < 3; i++) opened.push(await Namespace.open(watchdog))
    const [sender, relay, receiver] = opened as [Namespace, Namespace, Namespace]
    await pair(sender, SENDER, relay, RELAY_TO_SENDER)
    await pair(relay, RELAY_TO_RECEIVER, receiver, RECEIVER)
    await sender.run(['ip', 'route', 'add', 'default', 'via', RELAY_TO_SENDER])
    await receiver.run(['ip', 'route', 'add', 'default', 'via', RELAY_TO_RECEIVER])
    // Datagrams without a relay are routed over the same two links.
    await relay.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
    return {
      description: 'two veth pairs between three network namespaces',
      host: { sender: SENDER, relay: RELAY_TO_SENDER, receiver: RECEIVER },
      inside: {
        sender: argv => sender.inside(argv),
        relay: argv => relay.inside(argv),
        receiver: argv => receiver.inside(argv),
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

let pairs = 0

async function pair(one: Namespace, oneHost: string, other: Namespace, otherHost: string): Promise<void> {
  const [a, b] = [`bw${++pairs}a`, `bw${pairs}b`]
  const { pid } = other
  await one.run(['ip', 'link', 'add', a, 'type', 'veth', 'peer', 'name', b, 'netns', String(pid)])
  for (const [namespace, name, host] of [
    [one, a, oneHost],
    [other, b, otherHost],
  ] as const) {
    await namespace.run(['ip', 'addr', 'add', `${host}/24`, 'dev', name])
    await namespace.run(['ip', 'link', 'set', name, 'up'])
  }
}
