/**
 * Looks at everything that a node depends on, one part after the other, so that no part spoils the reading of another. Writes
 * nothing, signs nothing with the node's keys but the grants of the reach test, and closes every port that it opened.
 */
import { systemClock, systemRandom } from '../../../probe/index.js'
import type { Hex } from '../../../proto/hex.js'
import { accountOf } from '../../chain/account.js'
import { blockAt } from '../../chain/block-search.js'
import { connectChain, staleMsOf } from '../../chain/connect.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { examineRpcs } from '../../chain/rpc-examination.js'
import { RpcFault } from '../../chain/rpc-fault.js'
import { UserError } from '../../config/errors.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { loopbackSpeed } from '../../node/loopback-speed.js'
import { WALL_CLOCK } from '../../node/wall-clock.js'
import { bad, warning } from '../finding.js'
import type { Named } from '../named.js'
import type { NodeSettings } from '../node-settings.js'
import { blsFinding } from './bls.js'
import { clockByBlocks, clockByServers } from './clock.js'
import { backendFinding, bufferFinding, limitFinding, linkFinding, type Need, speedFinding } from './data-plane.js'
import { diskFindings } from './disk.js'
import { lineFinding } from './line.js'
import { offloadFinding } from './offload.js'
import { type OwnNode, ownNode, runningFindings } from './own-node.js'
import { portFindings } from './ports.js'
import { readRegistration } from './registration.js'
import { rpcFindings } from './rpc.js'
import type { TimeServer } from './sntp.js'

export interface DoctorOptions {
  readonly role: 'verifier' | 'provider'
  readonly settings: NodeSettings
  /** asked for the time; none for the chain's block times alone */
  readonly servers: readonly TimeServer[]
  /** to check the machine against (default: the registered capacity or claim) */
  readonly rateKbps: number | undefined
  /** a provider through which to measure the line */
  readonly through: Named | undefined
  readonly relay: RelaySettings
}

/** With which `provider run` is started. */
export interface RelaySettings {
  readonly limitKbps: number | undefined
  readonly linkKbps: number | undefined
  readonly offload: boolean
}

const TIME = { wall: WALL_CLOCK, clock: systemClock, random: systemRandom }
/** Of the reach test, for a node without a rate: its sessions carry a few datagrams. */
const ANY_CLAIM_KBPS = 10_000
const AGAIN = 'Run doctor again. If it stays, report it.'

/** Yields each finding as soon as it is there. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  const { role, settings, servers } = options
  const { dataDir, network, rpcUrl, keys } = settings
  yield* await tried('disk', () => diskFindings(role, dataDir))
  if (role === 'verifier') yield* await tried('bls', async () => [blsFinding(() => systemClock.now())])
  const examined = await examineRpcs(rpcUrl, network)
  yield* rpcFindings(examined, { network, staleMs: staleMsOf(network), nowMs: WALL_CLOCK.nowMs() })
  const byServers = servers.length === 0 ? [] : await tried('clock', () => clockByServers(servers, TIME))
  yield* byServers
  const answers = examined.some(({ head }) => head !== undefined)
  const chain = answers ? await connected(settings) : undefined
  if (chain === undefined || !('context' in chain)) {
    if (chain !== undefined) yield chain
    yield warning(
      'chain',
      "registration, ports and rates are not checked: they need the network's chain",
      'Mend the lines above first.',
    )
    return
  }
  try {
    if (servers.length === 0) yield* await tried('clock', async () => [await watchBlocks(chain)])
    yield* examineNode({ ...options, chain, account: accountOf(keys.evm) })
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error
    yield bad('rpc', `the chain node stopped to answer half-way: ${error.message}`, AGAIN)
  } finally {
    chain.close()
  }
}

interface Connected extends DoctorOptions {
  readonly chain: EthersChain
  readonly account: Hex
}

async function* examineNode(options: Connected): AsyncGenerator<Finding> {
  const { role, settings, chain, account, relay, through } = options
  const { findings, rateKbps: registeredKbps } = await readRegistration(role, chain)
  yield* findings
  const need = needOf(options, registeredKbps)
  const own = await ownNode(account, settings.apiHost, settings.apiPort)
  if (own.kind === 'runs') yield* runningFindings(own.status)
  else yield* await tried('ports', () => portFindings(role, settings, chain, need?.rateKbps ?? ANY_CLAIM_KBPS))
  if (relay.offload) yield* await tried('offload', async () => [await offloadFinding(settings.udpHost)])
  if (need === undefined) {
    yield warning(
      'machine speed',
      'there is no rate to check this machine against',
      'Name one with --rate, such as --rate 100mbps.',
    )
    return
  }
  if (relay.limitKbps !== undefined) yield limitFinding(relay.limitKbps, need)
  if (relay.linkKbps !== undefined) yield linkFinding(relay.linkKbps, need)
  yield* await tried('machine speed', () => machineFindings(need, own))
  if (through === undefined) return
  // The node holds the port that the settings name.
  const free = own.kind === 'runs' ? { ...settings, udpPort: 0, udpAnnounce: undefined } : settings
  yield* await tried('line', async () => [await lineFinding({ chain, settings: free, through, need })])
}

async function machineFindings(need: Need, own: OwnNode): Promise<Finding[]> {
  const speed = await loopbackSpeed(need.rateKbps)
  const port = own.kind === 'runs' ? own.status.udp : speed.port
  return [backendFinding(port), bufferFinding(port, need.rateKbps), speedFinding(speed.carriedKbps, need)]
}

function needOf({ role, rateKbps }: DoctorOptions, registeredKbps: number | undefined): Need | undefined {
  const less = role === 'verifier' ? 'bandwitness verifier capacity RATE' : 'bandwitness provider claim RATE'
  if (rateKbps !== undefined) return { rateKbps, what: 'the rate of --rate', less }
  const what = role === 'verifier' ? 'the registered capacity' : 'the claim'
  return registeredKbps === undefined ? undefined : { rateKbps: registeredKbps, what, less }
}

const watchBlocks = (chain: EthersChain): Promise<Finding> =>
  clockByBlocks({
    ...TIME,
    newestBlockMs: async () => (await blockAt(chain.context.provider, 'latest')).timestamp * 1000,
  })

/** @returns what is wrong with the contracts if the chain is not the network's */
async function connected({ rpcUrl, network, keys }: NodeSettings): Promise<EthersChain | Finding> {
  try {
    return await connectChain({ rpcUrl, network, privateKey: keys.evm })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return bad('contracts', error.message.replace(/\.$/, ''), 'Check --network and --rpc.')
  }
}

/** A part that cannot be looked at keeps nobody from looking at the others. */
async function tried(subject: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [bad(subject, `could not be checked: ${(error as Error).message.replace(/\.$/, '')}`, AGAIN)]
  }
}
