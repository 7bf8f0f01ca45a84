/** The programs that people use instead: MPTCP, shadowsocks-libev behind socat, and `ssh -D`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Namespace } from '../../lab/namespace.js'
import { ChildProcess } from '../../process/child-process.js'
import { run } from '../../process/commands.js'
import type { Watchdog } from '../../process/watchdog.js'
import { until } from '../until.js'
import { HOSTS, type Network } from './network.js'
import type { Span } from './role-messages.js'

const FLOWS = fileURLToPath(new URL('./flows.py', import.meta.url))
const READY_MS = 20_000
const ANSWER_MS = 40_000
/** From the start of a program until it listens: ssh logs in first, over a path that loses packets. */
const LISTEN_MS = 20_000
export const FLOW_PORTS = { tcp: 7001, mptcp: 7002 } as const
const SS_PORT = 7003
const SOCAT_PORT = 7004
const SSH_PORT = 7005
const SOCKS_PORT = 7006
/** What shadowsocks recommends, and what its packages use by default. */
const SS_CIPHER = 'chacha20-ietf-poly1305'

/** sshd needs this empty directory. */
const SSHD_EMPTY = '/run/sshd'

/** What undoes a start. */
export type Closer = () => Promise<void>

export const isInstalled = (argv: readonly string[]): Promise<boolean> =>
  run(argv).then(
    () => true,
    () => false,
  )

/** @returns why the kernel's MPTCP cannot be measured; undefined if it can */
export async function whyNoMptcp(network: Network): Promise<string | undefined> {
  try {
    const enabled = (await network.client.run(['sysctl', '-n', 'net.mptcp.enabled'])).trim()
    return enabled === '1' ? undefined : 'net.mptcp.enabled is not 1'
  } catch (error) {
    return (error as Error).message
  }
}

/** The exit tells of its address behind the second relay, and the client opens a subflow there. */
export async function allowSubflows(network: Network): Promise<void> {
  for (const end of [network.client, network.exit])
    await end.run(['ip', 'mptcp', 'limits', 'set', 'subflow', '2', 'add_addr_accepted', '2'])
  await network.exit.run(['ip', 'mptcp', 'endpoint', 'add', HOSTS.exit(1), 'dev', 'relay1', 'signal'])
}

/** The algorithms of congestion control that a namespace may choose here, of those that people use. */
export async function congestions(network: Network): Promise<string[]> {
  const found: string[] = []
  for (const name of ['bbr', 'cubic', 'reno'])
    if (await isInstalled(network.client.inside(congestionCommand(name)))) found.push(name)
  await network.client.run(congestionCommand(found[0]!))
  return found
}

export const congestionCommand = (name: string): string[] => [
  'sysctl',
  '-qw',
  `net.ipv4.tcp_congestion_control=${name}`,
]

export async function startServer(kind: 'tcp' | 'mptcp', network: Network, watchdog: Watchdog): Promise<Closer> {
  const argv = network.exit.inside(['python3', FLOWS, 'serve', kind, '0.0.0.0', String(FLOW_PORTS[kind])])
  const child = ChildProcess.start({ name: `the ${kind} server`, argv, watchdog })
  await child.line(READY_MS)
  return async () => void (await child.end())
}

export interface Load {
  look(span: Span): Promise<{ bytes: number; gapMs: number; subflows: number }>
  /** @returns bytes lost or wrong */
  finish(): Promise<number>
  close(): Promise<void>
}

export interface LoadOptions {
  readonly kind: 'tcp' | 'mptcp'
  readonly host: string
  readonly namespace: Namespace
  readonly watchdog: Watchdog
  readonly socksPort?: number
}

export async function startLoad({ kind, host, namespace, watchdog, socksPort }: LoadOptions): Promise<Load> {
  const proxy = socksPort === undefined ? [] : [String(socksPort)]
  const argv = namespace.inside(['python3', FLOWS, 'load', kind, host, String(FLOW_PORTS[kind]), ...proxy])
  const child = ChildProcess.start({ name: `a ${kind} client`, argv, watchdog, input: 'pipe', farewell: 'close-input' })
  await child.line(READY_MS)
  const ask = async <T>(order: string): Promise<T> => {
    child.write(`${order}\n`)
    return JSON.parse(await child.line(ANSWER_MS)) as T
  }
  return {
    look: ({ fromMs, toMs }) => ask(`look ${fromMs} ${toMs}`),
    finish: async () => (await ask<{ wrongBytes: number }>('finish')).wrongBytes,
    close: async () => void (await child.end()),
  }
}

/** A SOCKS proxy at the client whose traffic leaves at the exit. */
export interface SocksProxy {
  readonly port: number
  close(): Promise<void>
}

/** Client → socat at the first relay → server at the exit. */
export async function startShadowsocks(network: Network, watchdog: Watchdog): Promise<SocksProxy> {
  const secret = ['-k', 'bench', '-m', SS_CIPHER]
  const socat = [
    'socat',
    `TCP4-LISTEN:${SOCAT_PORT},fork,reuseaddr,nodelay`,
    `TCP4:${HOSTS.exit(0)}:${SS_PORT},nodelay`,
  ]
  const local = ['-s', HOSTS.relay(0), '-p', String(SOCAT_PORT), '-b', '127.0.0.1', '-l', String(SOCKS_PORT)]
  return together(watchdog, [
    { at: network.exit, argv: ['ss-server', '-s', '0.0.0.0', '-p', String(SS_PORT), ...secret], port: SS_PORT },
    { at: network.relays[0]!, argv: socat, port: SOCAT_PORT },
    { at: network.client, argv: ['ss-local', ...local, ...secret], port: SOCKS_PORT },
  ])
}

/** The client logs in at the exit. A server of its own, with keys of its own, for this bench alone. */
export async function startSsh(network: Network, watchdog: Watchdog): Promise<SocksProxy> {
  const directory = mkdtempSync(join(tmpdir(), 'bandwitness-ssh-'))
  watchdog.temporary(directory)
  const file = (name: string) => join(directory, name)
  for (const key of ['host', 'user']) await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file(key)])
  const made = mkdirSync(SSHD_EMPTY, { recursive: true })
  const settings = [
    ...[`Port ${SSH_PORT}`, `HostKey ${file('host')}`, `AuthorizedKeysFile ${file('user')}.pub`, 'StrictModes no'],
    ...['UsePAM no', 'PidFile none', 'PasswordAuthentication no', 'PermitRootLogin yes'],
  ]
  writeFileSync(file('config'), settings.join('\n'))
  const ssh = [
    ...['ssh', '-N', '-D', `127.0.0.1:${SOCKS_PORT}`, '-p', String(SSH_PORT), '-i', file('user')],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', `root@${HOSTS.exit(0)}`],
  ]
  const proxy = await together(watchdog, [
    { at: network.exit, argv: ['/usr/sbin/sshd', '-D', '-e', '-f', file('config')], port: SSH_PORT },
    { at: network.client, argv: ssh, port: SOCKS_PORT },
  ])
  const close = async () => {
    await proxy.close()
    rmSync(directory, { recursive: true, force: true })
    if (made !== undefined) rmSync(SSHD_EMPTY, { recursive: true, force: true })
  }
  return { port: proxy.port, close }
}

interface Listening {
  readonly at: Namespace
  readonly argv: readonly string[]
  readonly port: number
}

/** Starts each once the one before listens. @returns the last */
async function together(watchdog: Watchdog, programs: readonly Listening[]): Promise<SocksProxy> {
  const children: ChildProcess[] = []
  const close = async () => {
    for (const child of children.reverse()) await child.end()
  }
  for (const { at, argv, port } of programs) {
    const options = { name: argv[0]!, argv: at.inside(argv), watchdog, output: 'ignore', group: true } as const
    const child = ChildProcess.start(options)
    children.push(child)
    const isDecided = await until(async () => !child.isRunning || (await listens(at, port)), LISTEN_MS)
    if (isDecided && child.isRunning) continue
    const said = child.said.join(' ')
    await close()
    throw new Error(`${argv[0]} does not listen: ${said}`)
  }
  return { port: SOCKS_PORT, close }
}

const listens = async (at: Namespace, port: number): Promise<boolean> =>
  (await at.run(['ss', '-Htln', `sport = :${port}`])).trim() !== ''
