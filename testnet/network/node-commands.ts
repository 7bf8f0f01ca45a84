/** The command lines of a run's nodes. An ordinary node runs the same command that an operator types. */
import { dirname, join } from 'node:path'
import { entryPoint } from '../process/entry-point.js'
import { DEVIANTS } from '../profiles/profiles.js'
import type { PlannedNode, PlannedProvider, PlannedVerifier } from './plan.js'

export interface NodeSurroundings {
  readonly networkFile: string
  /** of the chain node that a node asks, by the node's name */
  readonly rpcUrlOf: (name: string) => string
}

const BANDWITNESS = entryPoint(import.meta.url, '../../verifier/cli/bandwitness.js')
const CHEATING_PROVIDER = entryPoint(import.meta.url, './provider-main.js')
const DECOY = entryPoint(import.meta.url, './decoy-main.js')
const SILENT_VERIFIER = entryPoint(import.meta.url, './silent-main.js')
const DEVIANT = entryPoint(import.meta.url, './verifier-main.js')

/** @param apiPort 0 for a free one */
export function verifierCommand(verifier: PlannedVerifier, around: NodeSurroundings, apiPort: number): string[] {
  if (verifier.profile === 'silent') return [...SILENT_VERIFIER, '--data-dir', verifier.dataDir]
  const flags = nodeFlags(verifier, around, apiPort)
  if (!DEVIANTS.some(deviant => deviant === verifier.profile)) return [...BANDWITNESS, 'verifier', 'run', ...flags]
  const shared = ['--shared-dir', join(dirname(verifier.dataDir), 'verifiers.shared')]
  return [...DEVIANT, ...flags, '--profile', verifier.profile, ...shared]
}

/** A directory that all providers of one profile share. */
export const sharedDirOf = ({ dataDir, profileName }: Pick<PlannedProvider, 'dataDir' | 'profileName'>): string =>
  join(dirname(dataDir), `${profileName}.shared`)

/** @param apiPort 0 for a free one */
export function providerCommand(provider: PlannedProvider, around: NodeSurroundings, apiPort: number): string[] {
  const flags = nodeFlags(provider, around, apiPort)
  if (provider.profileName === 'decoy')
    return [...DECOY, ...flags, '--seed', provider.seed, '--claim-kbps', `${provider.claimKbps}`]
  if (provider.profile.forwarding) {
    return [
      ...CHEATING_PROVIDER,
      ...flags,
      ...['--profile', provider.profileName, '--seed', provider.seed],
      ...['--claim-kbps', `${provider.claimKbps}`],
      ...['--shared-dir', sharedDirOf(provider)],
    ]
  }
  const limit = provider.deliversKbps < provider.claimKbps ? ['--limit', `${provider.deliversKbps}kbps`] : []
  return [...BANDWITNESS, 'provider', 'run', ...flags, ...limit]
}

function nodeFlags(
  { name, dataDir, host }: PlannedNode,
  { networkFile, rpcUrlOf }: NodeSurroundings,
  apiPort: number,
): string[] {
  return [
    ...['--data-dir', dataDir, '--network', networkFile, '--rpc', rpcUrlOf(name)],
    ...['--listen', `/ip4/${host}/tcp/0`, '--udp-host', host, '--api', `127.0.0.1:${apiPort}`],
  ]
}
