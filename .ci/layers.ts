/**
 * Which part may import which. Imports run one way: proto ← probe ← verifier ← market ← testnet.
 *
 *   probe:    access; wire ← tunnel; wire ← {verdict, chunks} ← {transcript, io} ← plane ← {sender, relay, receiver}
 *   verifier: config ← core ← {bls, chain, net, store} ← evidence ← node ← metrics ← api ← cli;
 *             evidence/schema ← client ← cli; {config, bls} ← keystore ← cli; {evidence/text, client} ← page
 *   core:     {assignment, agreement} ← scoring ← rewards
 *   testnet:  process ← conditions; {conditions, profiles, strangers, market} ← network ← faults ← attacks ← scenario ← acceptance; process ← {lab, strangers}; {process, strangers} ← market;
 *             {profiles, strangers, market, network, lab, sim} ← bench
 *
 * Only verifier/chain and the testnet import the contracts. Whoever deploys them calls `verifier/chain/deploy-network.ts`.
 */
export interface Layer {
  readonly name: string
  /** Matches paths from the repository's root. A file belongs to the first layer that matches. */
  readonly holds: RegExp
  /** Layers that this layer may import besides itself. */
  readonly imports: readonly string[]
  /** Packages that this layer may import; `node:` stands for the standard library. */
  readonly packages: readonly RegExp[]
}

const NODE = /^node:/
const HASHES = /^@noble\/hashes(\/|$)/
const CURVES = /^@noble\/curves(\/|$)/
const LIBP2P = /^(libp2p|@libp2p\/.*|@multiformats\/.*)$/
const ETHERS = /^ethers$/
const YARGS = /^yargs(\/|$)/
const COMMON = [NODE, HASHES, /^(pino|zod|p-retry)$/]

/** A wing of the probe. A wing may import proto, the probe's ports and constants, and the named wings. */
const wing = (name: string, imports: readonly string[], packages: readonly RegExp[] = [NODE, HASHES]): Layer => ({
  name: `probe/${name}`,
  holds: new RegExp(`^probe/${name}/`),
  imports: ['proto', 'probe/ports', ...imports.map(other => `probe/${other}`)],
  packages,
})

const PURE_WINGS = ['wire', 'verdict', 'chunks', 'transcript']
const CARRYING_WINGS = ['io', 'plane']
const ROLES = ['sender', 'relay', 'receiver']
const WINGS = [
  wing('access', [], [NODE, HASHES, CURVES, /^libsodium-wrappers-sumo$/]),
  wing('wire', []),
  wing('verdict', ['wire']),
  wing('chunks', ['wire']),
  wing('transcript', ['wire', 'verdict', 'chunks']),
  wing('io', ['wire'], [NODE, /^koffi$/]),
  wing('plane', ['wire', 'verdict', 'chunks', 'io']),
  wing('tunnel', ['wire'], [NODE, HASHES, /^@matrixai\/quic(\/|$)/]),
  ...ROLES.map(role => wing(role, [...PURE_WINGS, ...CARRYING_WINGS])),
]

const PROBE = ['probe', 'probe/ports', ...WINGS.map(({ name }) => name)]
const CORE = ['core', 'core/assignment', 'core/agreement', 'core/scoring', 'core/rewards']
/** Layers that a rule may import: the pure ones. */
const RULES = ['proto', 'probe/ports', 'probe/wire', 'probe/verdict', 'core']
const ADAPTERS = ['bls', 'store', 'net', 'chain']
const BELOW_EVIDENCE = ['proto', ...PROBE, 'config', ...CORE, ...ADAPTERS, 'evidence/schema', 'evidence/text']
const ABOVE_EVIDENCE = ['keystore', 'client', 'node', 'metrics', 'api', 'cli']
const VERIFIER = ['config', ...CORE, ...ADAPTERS, 'evidence/schema', 'evidence/text', 'evidence', ...ABOVE_EVIDENCE]

const ROOMS =
  'process conditions profiles strangers market network compose faults attacks scenario acceptance lab sim bench'.split(
    ' ',
  )
/** A folder of the testnet, and the folders beside it that it may import. */
const room = (name: string, beside: readonly string[], packages: readonly RegExp[] = []): Layer => ({
  name: `testnet/${name}`,
  holds: new RegExp(`^testnet/${name}/`),
  imports: ['proto', ...PROBE, ...VERIFIER, 'market', 'contracts', ...beside.map(other => `testnet/${other}`)],
  packages: [...COMMON, LIBP2P, ETHERS, YARGS, /^@openzeppelin\/merkle-tree$/, ...packages],
})

export const LAYERS: readonly Layer[] = [
  { name: 'proto', holds: /^proto\//, imports: [], packages: [NODE, HASHES, /^protobufjs(\/|$)/] },

  { name: 'probe/ports', holds: /^probe\/(ports|constants|deadline)\.ts$/, imports: ['proto'], packages: [NODE] },
  ...WINGS,
  { name: 'probe', holds: /^probe\//, imports: ['proto', ...PROBE], packages: [NODE, HASHES] },

  { name: 'config', holds: /^verifier\/config\//, imports: ['proto', 'probe/ports'], packages: COMMON },
  { name: 'core/assignment', holds: /^verifier\/core\/assignment\//, imports: RULES, packages: [HASHES] },
  { name: 'core/agreement', holds: /^verifier\/core\/agreement\//, imports: RULES, packages: [HASHES] },
  {
    name: 'core/scoring',
    holds: /^verifier\/core\/scoring\//,
    imports: [...RULES, 'core/assignment', 'core/agreement'],
    packages: [HASHES],
  },
  {
    name: 'core/rewards',
    holds: /^verifier\/core\/rewards\//,
    imports: [...RULES, 'core/assignment', 'core/agreement', 'core/scoring'],
    packages: [HASHES],
  },
  { name: 'core', holds: /^verifier\/core\//, imports: ['proto', 'probe/ports'], packages: [HASHES] },
  ...ADAPTERS.map(name => ({
    name,
    holds: new RegExp(`^verifier/${name}/`),
    imports: ['proto', ...PROBE, 'config', ...CORE, ...(name === 'chain' ? ['contracts'] : [])],
    packages: [...COMMON, ...{ bls: [/^@chainsafe\//], store: [/^level$/], net: [LIBP2P], chain: [ETHERS] }[name]!],
  })),
  // Browsers use these: no `node:`, and few packages.
  {
    name: 'evidence/schema',
    holds: /^verifier\/evidence\/schema\//,
    imports: ['proto', 'probe/verdict', 'config', 'core'],
    packages: [/^zod$/],
  },
  {
    name: 'evidence/text',
    holds: /^verifier\/evidence\/(?:text\/|(?:outcome-text|score-parts)\.ts$)/,
    imports: ['proto', 'core/scoring', 'evidence/schema'],
    packages: [],
  },
  { name: 'client', holds: /^verifier\/client\//, imports: ['evidence/schema'], packages: [/^zod$/] },
  {
    name: 'keystore',
    holds: /^verifier\/keystore\//,
    imports: ['proto', 'config', 'bls'],
    packages: [...COMMON, ETHERS, CURVES, /^@chainsafe\//],
  },
  {
    // How the page is built.
    name: 'page/build',
    holds: /^verifier\/page\/(?:vite\.config\.ts$|build\/)/,
    imports: [],
    packages: [NODE, /^vite$/],
  },
  {
    name: 'page',
    holds: /^verifier\/page\//,
    imports: ['proto', 'config', 'core/scoring', 'evidence/schema', 'evidence/text', 'client'],
    packages: [/^preact(\/|$)/, /^uplot(\/|$)/, /^zod$/, /^virtual:glossary$/],
  },
  { name: 'evidence', holds: /^verifier\/evidence\//, imports: BELOW_EVIDENCE, packages: COMMON },
  { name: 'node', holds: /^verifier\/node\//, imports: [...BELOW_EVIDENCE, 'evidence'], packages: [...COMMON, LIBP2P] },
  {
    name: 'metrics',
    holds: /^verifier\/metrics\//,
    imports: [...BELOW_EVIDENCE, 'evidence', 'node'],
    packages: [NODE, /^prom-client$/],
  },
  {
    name: 'api',
    holds: /^verifier\/api\//,
    imports: [...BELOW_EVIDENCE, 'evidence', 'client', 'node', 'metrics'],
    packages: [...COMMON, /^(fastify|piscina)$/],
  },
  {
    name: 'cli',
    holds: /^verifier\/cli\//,
    imports: [...BELOW_EVIDENCE, 'keystore', 'evidence', 'client', 'node', 'api'],
    packages: [...COMMON, YARGS, /^(yaml|asciichart|hyparquet-writer|log-update|pino-pretty)$/],
  },

  {
    name: 'market',
    holds: /^market\//,
    imports: ['proto', ...PROBE, ...VERIFIER],
    packages: [...COMMON, YARGS, /^(level|@pondwader\/socks5-server)$/],
  },
  {
    name: 'contracts',
    holds: /^contracts\//,
    imports: ['proto'],
    packages: [NODE, ETHERS, /^solc$/, /^@openzeppelin\//],
  },
  room('process', []),
  room('conditions', ['process']),
  room('profiles', []),
  room('strangers', ['process']),
  room('market', ['process', 'strangers']),
  room('network', ['process', 'conditions', 'profiles', 'strangers', 'market']),
  room('compose', ['process', 'profiles', 'network'], [/^yaml$/]),
  room('faults', ['process', 'conditions', 'network']),
  room('attacks', ['process', 'strangers', 'faults']),
  room('scenario', ['process', 'conditions', 'profiles', 'network', 'faults', 'attacks', 'bench'], [/^yaml$/]),
  room('acceptance', ['process', 'profiles', 'network', 'scenario'], [/^bandwitness\/testnet$/, /^playwright-core$/]),
  room('lab', ['process']),
  room('sim', []),
  room('bench', ['process', 'profiles', 'strangers', 'market', 'network', 'lab', 'sim'], [/^piscina$/]),
  { ...room('', ROOMS), name: 'testnet', holds: /^testnet\// },
]

/**
 * The one exception to the direction. The command line loads a command of these layers only when somebody calls that
 * command.
 */
export const LAZY = { from: 'verifier/cli/main.ts', to: ['market', 'testnet'] }

/** Folders whose direct files are limited. All other files belong into the folders inside. */
export const TOP_FILES: Readonly<Record<string, readonly string[]>> = {
  testnet: ['accept.ts', 'bench.ts', 'command.ts', 'guides.ts', 'index.ts', 'kills.ts', 'scenarios.ts'],
}

export const layerOf = (path: string): Layer | undefined => LAYERS.find(layer => layer.holds.test(path))
