/**
 * A network as a compose file: one service for each node, the chain, and the start of the network. Pure. The format is the
 * Compose Specification, https://github.com/compose-spec/compose-spec/blob/main/05-services.md.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { stringify } from 'yaml'
import { chainFlags } from '../network/anvil.js'

export interface ComposedNode {
  readonly name: string
  readonly role: 'verifier' | 'provider'
  /** of the machine: an IP address or a host name */
  readonly host: string
  /** what a provider forwards at most, kbit/s; undefined: no limit */
  readonly limitKbps: number | undefined
}

export interface Composed {
  /** one of each machine, as the others reach it; the first machine has the chain */
  readonly hosts: readonly string[]
  readonly nodes: readonly ComposedNode[]
  readonly chain: ComposedChain
  /** UID:GID that owns the files, and that the containers run as */
  readonly user: string
}

/** A chain of the network's own, or one that is there. */
export type ComposedChain = { readonly chainId: number; readonly blockTime: number } | { readonly rpcUrl: string }

/** Paths beside the compose file. */
export const FILES = {
  compose: 'compose.yaml',
  network: 'network.json',
  key: 'treasury.key',
  state: 'chain/state.json',
  nodes: 'nodes',
} as const

/** That of the package `@foundry-rs/anvil`, which made the state. */
const CHAIN_IMAGE = 'ghcr.io/foundry-rs/foundry:v1.7.1'
const CHAIN_PORT = 8545
/** Seconds between two copies of the chain's state: so much is lost if its machine loses power. */
const STATE_SECONDS = 5
/** The TCP and UDP port of the first node, and that of its API; each further node has the next one. */
const FIRST_PORT = 4100
const FIRST_API_PORT = 7380
const LOOPBACK = '127.0.0.1'

/** As docs/operations/docker/compose.yaml has it. */
const CONTAINER = {
  image: 'bandwitness',
  // A container network translates addresses, and a probe would measure that.
  network_mode: 'host',
  read_only: true,
  tmpfs: ['/tmp'],
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '5' } },
  restart: 'on-failure',
  stop_grace_period: '30s',
  ulimits: { nofile: 65_536 },
}

export const rpcUrlOf = ({ chain, hosts }: Pick<Composed, 'chain' | 'hosts'>): string =>
  'rpcUrl' in chain ? chain.rpcUrl : `http://${isIPv6(hosts[0]!) ? `[${hosts[0]}]` : hosts[0]}:${CHAIN_PORT}`

/** @param i machine, from 0. @returns undefined for a network on one machine, which needs none */
export const profileOf = ({ hosts }: Pick<Composed, 'hosts'>, i: number): string | undefined =>
  hosts.length > 1 ? `machine-${i + 1}` : undefined

export function composeFile(composed: Composed): string {
  const { chain, nodes, user } = composed
  const container = { ...CONTAINER, user }
  const services = {
    ...('rpcUrl' in chain ? {} : { chain: { '<<': container, ...chainService(composed, chain) } }),
    ...Object.fromEntries(nodes.map((one, i) => [one.name, { '<<': container, ...nodeService(composed, one, i) }])),
    start: { '<<': container, ...startService(composed) },
  }
  // By YAML 1.1 a bare `no` is false, and a bare 501:20 is 30080: what could be read so gets quotes.
  const format = { version: '1.1', anchorPrefix: 'container', lineWidth: 0 } as const
  return stringify({ 'x-container': container, services }, format)
}

function nodeService(composed: Composed, { name, role, host, limitKbps }: ComposedNode, i: number) {
  const [port, bind] = [FIRST_PORT + i, bindFor(host)]
  return {
    ...onMachine(composed, host),
    command: [
      ...[role, 'run', '--data-dir', '/data', '--network', `/config/${FILES.network}`, '--rpc', rpcUrlOf(composed)],
      ...['--listen', `/${isIPv6(bind) ? 'ip6' : 'ip4'}/${bind}/tcp/${port}`],
      ...['--announce', `/${isIPv4(host) ? 'ip4' : isIPv6(host) ? 'ip6' : 'dns'}/${host}/tcp/${port}`],
      ...['--udp-host', bind, '--udp-port', `${port}`, '--udp-announce', host],
      ...['--api', `${LOOPBACK}:${FIRST_API_PORT + i}`],
      ...(limitKbps === undefined ? [] : ['--limit', `${limitKbps}kbps`]),
    ],
    volumes: [`./${FILES.nodes}/${name}:/data`, config(FILES.network)],
  }
}

/** Its state outlives it: nodes would take a chain that begins again for a fork, and sign nothing. */
function chainService(composed: Composed, { chainId, blockTime }: Exclude<ComposedChain, { rpcUrl: string }>) {
  const host = composed.hosts[0]!
  const state = `/${FILES.state}`
  return {
    image: CHAIN_IMAGE,
    ...onMachine(composed, host),
    restart: 'unless-stopped',
    stop_signal: 'SIGINT', // on SIGTERM it waits for connections to close
    entrypoint: [
      ...['anvil', '--host', bindFor(host), '--port', `${CHAIN_PORT}`, ...chainFlags({ chainId, blockTime })],
      ...['--accounts', '0', '--cache-path', '/tmp/states'],
      ...['--state', state, '--state-interval', `${STATE_SECONDS}`, '--preserve-historical-states'],
    ],
    volumes: ['./chain:/chain'],
  }
}

/** Nobody starts it with the others: all nodes must be up before. */
const startService = (composed: Composed) => ({
  profiles: ['start'],
  restart: 'no',
  command: [
    ...['network', 'start', `/config/${FILES.network}`, '--rpc', rpcUrlOf(composed)],
    ...['--key', `/config/${FILES.key}`, '--yes'],
  ],
  volumes: [config(FILES.network), config(FILES.key)],
})

function onMachine(composed: Composed, host: string): { profiles?: string[] } {
  const profile = profileOf(composed, composed.hosts.indexOf(host))
  return profile === undefined ? {} : { profiles: [profile] }
}

const config = (file: string): string => `./${file}:/config/${file}:ro`

/** A name may stand for any address of the machine. */
const bindFor = (host: string): string => (host === LOOPBACK ? LOOPBACK : isIPv6(host) ? '::' : '0.0.0.0')
