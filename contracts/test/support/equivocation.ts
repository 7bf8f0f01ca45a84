/** What the equivocation slasher does: slash a bond, expel a verifier. */
import type { Hex } from '../../../proto/hex.js'
import type { Receipt } from './evm.js'
import type { TestNetwork } from './network.js'

/** Has the test chain send transactions in the name of a contract. */
async function impersonate(network: TestNetwork, account: Hex): Promise<Hex> {
  await network.evm.rpc('anvil_impersonateAccount', account)
  await network.evm.rpc('anvil_setBalance', account, '0xde0b6b3a7640000')
  return account
}

export async function expel(network: TestNetwork, index: number): Promise<Receipt> {
  const slasher = await network.registry.read<Hex>('equivocationSlasher')
  return network.registry.send(await impersonate(network, slasher), 'expel', index)
}

export async function slashBond(network: TestNetwork, account: Hex, amount: bigint): Promise<Receipt> {
  const slasher = await network.vault.read<Hex>('equivocationSlasher')
  const { vault, registry, deployer } = network
  return vault.send(await impersonate(network, slasher), 'slash', registry.address, account, amount, 0, deployer)
}
