/** Accounts with ether and stake, for whoever wants to join a network that is kept. */
import { join } from 'node:path'
import { accountOf } from '../../verifier/chain/account.js'
import { initNode } from '../../verifier/cli/init.js'
import { keysFromSeed, type NodeKeys } from '../../verifier/config/keys.js'
import type { GuestEvent } from './events.js'
import { PROVIDER_STAKE, VERIFIER_BOND } from './setup.js'

const ROLES = ['verifier', 'provider'] as const

export interface Guest {
  readonly role: (typeof ROLES)[number]
  readonly keys: NodeKeys
  readonly dataDir: string
  /** stake tokens, in wei */
  readonly stake: bigint
}

/** One of each role. */
export const guestsOf = (seed: string, directory: string): Guest[] =>
  ROLES.map(role => ({
    role,
    keys: keysFromSeed(seed, `guest-${role}`),
    dataDir: join(directory, `guest-${role}`),
    stake: role === 'verifier' ? VERIFIER_BOND : PROVIDER_STAKE,
  }))

/** Makes their data directories. @returns what a person must know to join */
export const inviteGuests = (
  guests: readonly Guest[],
  { networkFile, rpcUrl }: { readonly networkFile: string; readonly rpcUrl: string },
): Promise<GuestEvent[]> =>
  Promise.all(
    guests.map(async ({ role, keys, dataDir }) => {
      await initNode(role, dataDir, keys)
      const flags = `--data-dir ${dataDir} --network ${networkFile} --rpc ${rpcUrl}`
      const promise = role === 'verifier' ? '--capacity 100mbps' : '--claim 25mbps'
      return {
        ...{ event: 'guest', role, address: accountOf(keys.evm), dataDir },
        commands: [
          `bandwitness ${role} register ${flags} ${promise} --yes`,
          `bandwitness ${role} run ${flags} --listen /ip4/127.0.0.1/tcp/0 --udp-host 127.0.0.1 --api 127.0.0.1:0`,
        ],
      } as const
    }),
  )
