/** What the chain holds of the account: its registration, the rate that it promised, and what it can pay for. */

import type { EthersChain } from '../../chain/ethers-chain.js'
import { readVerifier } from '../../chain/registrations.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { rateText } from '../figures.js'
import { bad, good, warning } from '../finding.js'

export interface Registration {
  readonly findings: readonly Finding[]
  /** the registered capacity of a verifier, the claim of a provider; undefined for an account that is not registered */
  readonly rateKbps: number | undefined
}

export async function readRegistration(role: 'verifier' | 'provider', chain: EthersChain): Promise<Registration> {
  const account = chain.account!
  const balance = await chain.context.provider.getBalance(account)
  const purse =
    balance > 0n
      ? good('account', `${account} can pay for gas`)
      : bad('account', `${account} holds nothing of the chain's currency, and pays for gas`, 'Send it some.')
  const registered = await entryOf(role, chain)
  if (registered !== undefined) {
    const { index, rateKbps } = registered
    const promise = role === 'verifier' ? 'a capacity' : 'a claim'
    const found = good('registration', `${role} ${index}, with ${promise} of ${rateText(rateKbps)}`)
    return { findings: [found, purse], rateKbps }
  }
  const unregistered = warning(
    'registration',
    `${account} is no ${role} of this network`,
    `Run bandwitness ${role} register.`,
  )
  return { findings: [unregistered, purse], rateKbps: undefined }
}

async function entryOf(
  role: 'verifier' | 'provider',
  chain: EthersChain,
): Promise<{ readonly index: number; readonly rateKbps: number } | undefined> {
  if (role === 'provider') {
    const entry = await chain.provider(chain.account!)
    return entry && { index: entry.index, rateKbps: entry.claimKbps }
  }
  const entry = await readVerifier(chain.context, chain.account!)
  return entry && { index: entry.index, rateKbps: entry.capacityKbps }
}
