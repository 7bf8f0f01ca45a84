/**
 * Which part may import which. Imports run one way:
 * proto ← probe ← verifier ← testnet, and in verifier core ← {bls, store, net, chain} ← nodes ← api ← cli.
 * The contracts' artifacts are reached through verifier/chain, and by the testnet, which deploys them.
 */
export interface Layer {
  readonly name: string
  /** Files by their path from the repository's root; a file belongs to the first layer that fits. */
  readonly holds: RegExp
  /** Layers that it may import besides itself. */
  readonly imports: readonly string[]
  /** Packages that it may import; `node:` stands for the standard library. */
  readonly packages: readonly RegExp[]
}

const NODE = /^node:/
const HASHES = /^@noble\/hashes(\/|$)/
const LIBP2P = /^(libp2p|@libp2p\/.*|@multiformats\/.*)$/
const ETHERS = /^ethers$/
const COMMON = [NODE, HASHES, /^(pino|zod|p-retry)$/]
const ADAPTERS = ['bls', 'store', 'net', 'chain']
const BELOW_NODES = ['proto', 'probe', 'core', 'base', ...ADAPTERS]

export const LAYERS: readonly Layer[] = [
  { name: 'proto', holds: /^proto\//, imports: [], packages: [NODE, HASHES, /^protobufjs(\/|$)/] },
  { name: 'probe', holds: /^probe\//, imports: ['proto'], packages: [NODE, HASHES, /^koffi$/] },
  { name: 'core', holds: /^verifier\/core\//, imports: ['proto', 'probe'], packages: [HASHES] },
  {
    name: 'base',
    holds: /^verifier\/(errors|keys|network-file)\.ts$/,
    imports: ['proto', 'probe', 'core'],
    packages: COMMON,
  },
  ...ADAPTERS.map(name => ({
    name,
    holds: new RegExp(`^verifier/${name}/`),
    imports: ['proto', 'probe', 'core', 'base', ...(name === 'chain' ? ['contracts'] : [])],
    packages: [...COMMON, ...{ bls: [/^@chainsafe\//], store: [/^level$/], net: [LIBP2P], chain: [ETHERS] }[name]!],
  })),
  { name: 'api', holds: /^verifier\/api\//, imports: [...BELOW_NODES, 'nodes'], packages: [...COMMON, /^fastify$/] },
  {
    name: 'cli',
    holds: /^verifier\/cli\//,
    imports: [...BELOW_NODES, 'nodes', 'api'],
    packages: [...COMMON, /^yargs(\/|$)/, /^(yaml|asciichart)$/],
  },
  { name: 'nodes', holds: /^verifier\//, imports: BELOW_NODES, packages: [...COMMON, LIBP2P] },
  {
    name: 'contracts',
    holds: /^contracts\//,
    imports: ['proto'],
    packages: [NODE, ETHERS, /^solc$/, /^@openzeppelin\//],
  },
  {
    name: 'testnet',
    holds: /^testnet\//,
    imports: [...BELOW_NODES, 'nodes', 'api', 'cli', 'contracts'],
    packages: [...COMMON, LIBP2P, ETHERS, /^yargs(\/|$)/, /^@openzeppelin\/merkle-tree$/],
  },
]

/** One place looks the other way: the command line loads the `testnet` command when, and only when, it is asked for. */
export const LAZY = { from: 'verifier/cli/main.ts', to: 'testnet' }

export const layerOf = (path: string): Layer | undefined => LAYERS.find(layer => layer.holds.test(path))
