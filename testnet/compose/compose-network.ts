/**
 * Makes a whole network that containers then run: contracts, registered nodes and their keys, on a chain of its own or on
 * one that is there. The network is not started: that needs all nodes to be up.
 */
import { chown, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { initNode } from '../../verifier/cli/init.js'
import { writeWhole } from '../../verifier/config/whole-file.js'
import { startAnvil } from '../network/anvil.js'
import { dumpState } from '../network/anvil-state.js'
import { startDelaySeconds } from '../network/carried.js'
import { emptyDirectory } from '../network/data-directory.js'
import { testnetParams } from '../network/epoch-length.js'
import { USUAL_MACHINE } from '../network/machine.js'
import type { TestnetOptions } from '../network/options.js'
import { type Plan, planRun } from '../network/plan.js'
import { type SetupOptions, setUpNetwork } from '../network/setup.js'
import { startWatchdog } from '../process/watchdog.js'
import { type Composed, type ComposedChain, composeFile, FILES } from './compose-file.js'

const CHAIN_ID = 31_337
const BLOCK_SECONDS = 1
/** That of the user `node` in the image. */
const IMAGE_USER = 1000

/** A chain that is there, and the account on it that pays for the network. */
export interface GivenChain {
  readonly rpcUrl: string
  readonly chainId: number
  readonly account: SetupOptions['anvil']['accounts'][number]
}

export interface ComposeOptions {
  readonly testnet: TestnetOptions
  readonly hosts: readonly string[]
  /** new or empty */
  readonly out: string
  /** undefined: the network gets a chain of its own */
  readonly chain: GivenChain | undefined
}

/** All of the directory, or nothing. @returns what it holds. @throws UserError */
export async function composeNetwork({ testnet, hosts, out, chain }: ComposeOptions): Promise<Composed> {
  const directory = emptyDirectory('out', out)
  try {
    const plan = planRun(testnet, join(directory, FILES.nodes))
    const ran = chain
      ? await setUpOn(chain, plan, testnet.claimKbps, directory)
      : await setUpOwn(testnet, plan, directory)
    for (const { role, dataDir, keys } of [...plan.verifiers, ...plan.providers]) await initNode(role, dataDir, keys)
    const composed = { hosts, nodes: nodesOn(hosts, plan), chain: ran, user: await owner(directory) }
    await writeWhole(join(directory, FILES.compose), composeFile(composed), { place: 'new' })
    return composed
  } catch (error) {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
    throw error
  }
}

async function setUpOwn(
  { seed, claimKbps }: Pick<TestnetOptions, 'seed' | 'claimKbps'>,
  plan: Plan,
  directory: string,
): Promise<ComposedChain> {
  const watchdog = await startWatchdog()
  try {
    const anvil = await startAnvil({ chainId: CHAIN_ID, blockTime: BLOCK_SECONDS, seed, watchdog })
    try {
      await setUpOn(
        { rpcUrl: anvil.rpcUrl, chainId: CHAIN_ID, account: anvil.accounts[0]! },
        plan,
        claimKbps,
        directory,
      )
      await mkdir(join(directory, FILES.state, '..'))
      await writeWhole(join(directory, FILES.state), await dumpState(anvil.rpcUrl), { place: 'new' })
    } finally {
      await anvil.stop()
    }
  } finally {
    await watchdog.close()
  }
  return { chainId: CHAIN_ID, blockTime: BLOCK_SECONDS }
}

async function setUpOn(
  { rpcUrl, chainId, account }: GivenChain,
  plan: Plan,
  claimKbps: number,
  directory: string,
): Promise<ComposedChain> {
  const { verifiers, providers } = plan
  const shape = { verifiers: verifiers.length, providers: providers.length, claimKbps, soaks: false }
  const params = testnetParams(shape, USUAL_MACHINE) // nobody knows the machines yet
  await setUpNetwork({
    ...{ anvil: { rpcUrl, accounts: [account] }, chainId, lateVerifiers: [], verifiers, providers },
    params,
    startDelaySeconds: startDelaySeconds(params, shape, USUAL_MACHINE),
    networkFile: join(directory, FILES.network),
  })
  await writeWhole(join(directory, FILES.key), `${account.privateKey}\n`, { place: 'new', mode: 0o600 })
  return { rpcUrl }
}

/** Verifiers and providers in turn, so that no machine has all of one kind. */
function nodesOn(hosts: readonly string[], { verifiers, providers }: Plan): Composed['nodes'] {
  const limits = new Map(
    providers.flatMap(one => (one.deliversKbps < one.claimKbps ? [[one.name, one.deliversKbps]] : [])),
  )
  return [...verifiers, ...providers].map(({ name, role }, i) => ({
    ...{ name, role, host: hosts[i % hosts.length]!, limitKbps: limits.get(name) },
  }))
}

/** No container runs as root: what root makes belongs to the image's user. @returns UID:GID */
async function owner(directory: string): Promise<string> {
  const { uid, gid } = await lstat(directory)
  if (uid !== 0) return `${uid}:${gid}`
  const paths = await readdir(directory, { recursive: true })
  for (const path of paths) await chown(join(directory, path), IMAGE_USER, IMAGE_USER)
  return `${IMAGE_USER}:${IMAGE_USER}`
}
