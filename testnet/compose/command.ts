/** `bandwitness testnet compose`: the same network in containers, on one machine or on several. */
import type { Argv, CommandModule, InferredOptionTypes, Options } from 'yargs'
import { accountOf } from '../../verifier/chain/account.js'
import { chainOffers } from '../../verifier/chain/chain-offers.js'
import { openAnyChain } from '../../verifier/chain/connect.js'
import { confirm, YES_OPTION } from '../../verifier/cli/confirm.js'
import { tokensText } from '../../verifier/cli/figures.js'
import { refuseBad } from '../../verifier/cli/network/check.js'
import { judgeChain } from '../../verifier/cli/network/judge-chain.js'
import { KEY_OPTIONS } from '../../verifier/cli/network/options.js'
import { readPrivateKey } from '../../verifier/cli/network/private-key.js'
import { print } from '../../verifier/cli/output.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import { testnetParams } from '../network/epoch-length.js'
import { USUAL_MACHINE } from '../network/machine.js'
import type { TestnetOptions } from '../network/options.js'
import { NODE_ETHER } from '../network/setup.js'
import { type Composed, FILES, profileOf, rpcUrlOf } from './compose-file.js'
import { composeNetwork, type GivenChain } from './compose-network.js'
import { parseHosts } from './hosts.js'

const OPTIONS = {
  out: { type: 'string', demandOption: true, describe: 'New or empty directory for the compose file and all it needs' },
  hosts: {
    type: 'string',
    default: '127.0.0.1',
    describe: 'Machines, with commas, each by an address or a name that the others reach; the first one has the chain',
  },
  rpc: {
    type: 'string',
    describe: 'JSON-RPC URL of a chain to deploy to (default: the network gets a chain of its own)',
  },
  key: { ...KEY_OPTIONS.key, demandOption: false },
  'password-file': KEY_OPTIONS['password-file'],
  ...YES_OPTION,
} as const satisfies Record<string, Options>

/** Which nodes the network has, as `testnet` takes it. */
export interface NodesFlags {
  readonly verifiers: string
  readonly providers: string
  readonly claim: number
  readonly seed: string | undefined
}

type Flags = InferredOptionTypes<typeof OPTIONS> & NodesFlags & { json?: unknown }

interface ComposeJson {
  readonly directory: string
  readonly rpcUrl: string
  readonly nodes: Composed['nodes']
  /** of each machine, in the order of --hosts; what starts the network comes last */
  readonly commands: readonly string[]
}

/** @param optionsFrom checks the flags */
export const composeCommand = (
  options: Readonly<Record<keyof NodesFlags, Options>>,
  optionsFrom: (flags: NodesFlags) => TestnetOptions,
): CommandModule<object, Flags> => ({
  command: 'compose',
  describe: 'Write a compose file that runs a test network in containers, on one machine or on several',
  builder: y => settings(y, { ...options, ...OPTIONS }) as unknown as Argv<Flags>,
  handler: async flags => {
    const { out, rpc, key } = flags
    const testnet = optionsFrom(flags)
    refuseDeviants(testnet)
    const hosts = parseHosts(flags.hosts, testnet.verifiers.length + testnet.providers.length)
    if ((rpc === undefined) !== (key === undefined)) {
      throw new UserError('usage', '--rpc and --key belong together: the account of the key pays for what is deployed.')
    }
    const chain = rpc === undefined ? undefined : await givenChain(rpc, key!, testnet, flags)
    const composed = await composeNetwork({ testnet, hosts, out, chain })
    print<ComposeJson>(flags, described(out, composed), textOf)
  },
})

/** A container runs the ordinary command. */
function refuseDeviants({ verifiers, providers }: TestnetOptions): void {
  const deviant = verifiers.find(({ profile }) => profile !== 'honest')
  if (deviant) throw refusal('verifiers', deviant.profile, 'honest')
  const cheat = providers.find(({ profile }) => !['honest', 'throttled', 'slow'].includes(profile))
  if (cheat) throw refusal('providers', cheat.profile, 'honest, throttled or slow@F')
}

const refusal = (option: string, profile: string, allowed: string) =>
  new UserError('usage', `--${option} ${profile}: a container runs the ordinary node. Choose ${allowed}.`)

/** @throws UserError if no network can run on it, if the account cannot pay, or if nobody agrees */
async function givenChain(rpcUrl: string, keyFile: string, testnet: TestnetOptions, flags: Flags): Promise<GivenChain> {
  const privateKey = await readPrivateKey(keyFile, flags['password-file'])
  const provider = await openAnyChain(rpcUrl)
  try {
    const { chainId } = provider
    const { claimKbps } = testnet
    const shape = { verifiers: testnet.verifiers.length, providers: testnet.providers.length, claimKbps, soaks: false }
    const params = testnetParams(shape, USUAL_MACHINE)
    refuseBad(chainId, judgeChain(await chainOffers(provider, params), Date.now(), params))
    const address = accountOf(privateKey)
    const [balance, needed] = [
      await provider.getBalance(address),
      NODE_ETHER * BigInt(shape.verifiers + shape.providers),
    ]
    if (balance <= needed) {
      throw new UserError(
        'configuration',
        `${address} holds ${tokensText(balance)} ether on chain ${chainId}, and gives the nodes ${tokensText(needed)}. Send it more, then try again.`,
      )
    }
    await confirm(
      flags,
      `Deploys a test network to chain ${chainId}, and gives its nodes ${tokensText(needed)} ether of ${address}.`,
    )
    return { rpcUrl, chainId, account: { address, privateKey } }
  } finally {
    provider.destroy()
  }
}

function described(directory: string, composed: Composed): ComposeJson {
  const compose = `docker compose --file ${directory}/${FILES.compose}`
  const up = composed.hosts.map((_, i) => {
    const profile = profileOf(composed, i)
    return `${compose}${profile === undefined ? '' : ` --profile ${profile}`} up --detach`
  })
  return {
    ...{ directory, rpcUrl: rpcUrlOf(composed), nodes: composed.nodes },
    commands: [...up, `${compose} run --rm start`],
  }
}

function textOf({ directory, nodes, commands }: ComposeJson): string {
  const hosts = [...new Set(nodes.map(({ host }) => host))]
  const start = commands.at(-1)
  return [
    `Wrote a network of ${nodes.length} nodes into ${directory}, with their keys, which are not encrypted.`,
    `Give every machine the directory and the image bandwitness. Then run`,
    ...commands.slice(0, -1).map((command, i) => `  ${hosts[i]}: ${command}`),
    `When all nodes are up, start the network once, from the first machine: ${start}`,
  ].join('\n')
}
