/**
 * What cheats at users' cost have in common. To verifiers they are honest, so the chain must show what it shows of an honest
 * provider. And nobody may have paid them for more than they carried.
 */
import { honest } from '../honest.js'
import type { ForwardingOptions, ProviderHistory, ProviderProfile } from '../profile.js'

/** @param module its `createForwarding` gets the claim, the seed and the shared directory */
export const charging = (module: string, describe: string): ProviderProfile => ({
  describe,
  takesFraction: false,
  deliversKbps: claimKbps => claimKbps,
  forwarding: (options: ForwardingOptions) => ({ module, options }),
  broken: history => [...honest.broken(history), ...paidForMore(history)],
})

function paidForMore({ sales }: Pick<ProviderHistory, 'sales'>): string[] {
  if (sales?.books === undefined) return []
  const { revenue, owed } = sales
  return revenue > owed ? [`was paid ${revenue} wei for what costs ${owed}`] : []
}
