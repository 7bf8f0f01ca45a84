/** Clients that cheat: each is a process that says at its end what it got. */

import { run } from '../process/commands.js'
import { entryPoint } from '../process/entry-point.js'
import type { ClientProfile } from './client-profiles.js'
import type { ClientRecord } from './client-result.js'
import type { NonpayerReport } from './nonpayer-main.js'
import type { PlannedClient } from './plan.js'
import type { FreeloaderReport } from './riders/freeloader.js'
import type { OverspenderReport } from './riders/overspender.js'
import type { Settled } from './settling.js'
import { type Terms, takenByFreeloader, takenByNonpayer, takenByOverspender } from './taken.js'

export interface Surroundings extends Terms {
  /** `--network` and `--rpc` */
  readonly chainFlags: readonly string[]
  readonly page: URL
  /** Makes the client's key file. */
  readonly init: (client: PlannedClient) => Promise<void>
  /** Closes the client's channels. */
  readonly settle: (client: PlannedClient) => Promise<Settled>
}

type Cheat = (client: PlannedClient, around: Surroundings) => Promise<ClientRecord>

const NONPAYER = entryPoint(import.meta.url, './nonpayer-main.js')
const RIDER = entryPoint(import.meta.url, './riders/rider-main.js')
const LONGEST_MS = 420_000
/** Addresses of a freeloader, in its prefix: with all their sessions, it asks for more than the credit. */
const HOSTS = 3

export const CHEATING_CLIENTS: Partial<Record<ClientProfile, Cheat>> = {
  nonpayer: async (client, { chainFlags, page }) => {
    const flags = [...chainFlags, '--host', client.host, '--url', page.href]
    const report = JSON.parse(await run([...NONPAYER, ...flags], LONGEST_MS)) as NonpayerReport
    const taken = takenByNonpayer(report)
    return { client, taken, carriedBytes: report.provenBytes, settled: undefined, faults: [] }
  },
  freeloader: async (client, around) => {
    const report = await ridden<FreeloaderReport>(client, around)
    const settled = await around.settle(client)
    const faults = settled.redeemed > 0n ? [`paid ${settled.redeemed} wei`] : []
    const carriedBytes = report.strangerBytes + report.tokenBytes
    return { client, taken: takenByFreeloader(report, around), carriedBytes, settled, faults }
  },
  overspender: async (client, around) => {
    const { payees, ...report } = await ridden<OverspenderReport>(client, around)
    const settled = await around.settle(client)
    const { deposited, redeemed } = settled
    const modest = payees.filter(({ signedBytes, depositBytes }) => signedBytes <= depositBytes)
    const faults = [
      ...(redeemed < deposited ? [`got ${deposited - redeemed} wei of its deposits back`] : []),
      ...modest.map(({ signedBytes }) => `signed for ${signedBytes} bytes, no more than it held`),
    ]
    const carriedBytes = payees.reduce((sum, { deliveredBytes }) => sum + deliveredBytes, 0)
    return { client, taken: takenByOverspender({ ...report, payees }, around), carriedBytes, settled, faults }
  },
}

async function ridden<Report>(client: PlannedClient, { chainFlags, init }: Surroundings): Promise<Report> {
  await init(client)
  const flags = ['--profile', client.profile, '--data-dir', client.dataDir, '--hosts', hostsOf(client).join()]
  return JSON.parse(await run([...RIDER, ...chainFlags, ...flags], LONGEST_MS)) as Report
}

/** The client has its prefix for itself. */
function hostsOf({ host }: PlannedClient): string[] {
  const prefix = host.slice(0, host.lastIndexOf('.') + 1)
  return Array.from({ length: HOSTS }, (_, i) => `${prefix}${i + 1}`)
}
