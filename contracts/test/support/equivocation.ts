/** What the equivocation slasher does: slash a bond, expel a verifier. */
import type { Hex } from '../../../proto/hex.js'
import type { Receipt } from './evm.js'
import type { TestNetwork } from './network.js'

export async function expel(network: TestNetwork, index: number): Promise<Receipt> {
  const slasher = await network.registry.read<Hex>('equivocationSlasher')
  await network.evm.impersonate(slasher)
  return network.registry.send(slasher, 'expel', index)
}

export async function slashBond(network: TestNetwork, account: Hex, amount: bigint): Promise<Receipt> {
  const slasher = await network.vault.read<Hex>('equivocationSlasher')
  const { vault, registry, deployer, evm } = network
  await evm.impersonate(slasher)
  return vault.send(slasher, 'slash', registry.address, account, amount, 0, deployer)
}
