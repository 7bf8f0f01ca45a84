import { createRequire } from 'node:module'
import { UserError } from '../config/errors.js'

/** What to tell a person if the chain refused a transaction that its account cannot pay for; else undefined. */
export function insufficientFunds(error: Error): UserError | undefined {
  const { code, transaction } = error as { readonly code?: unknown; readonly transaction?: unknown }
  if (code !== 'INSUFFICIENT_FUNDS') return undefined
  const from = senderOf(transaction)
  return new UserError(
    'configuration',
    `${from?.toLowerCase() ?? 'The account'} holds too little of the chain's currency to pay for gas. Send it some, then try again.`,
    { cause: error },
  )
}

/** @param transaction signed, or as its fields */
function senderOf(transaction: unknown): string | undefined {
  if (typeof transaction !== 'string') return (transaction as { readonly from?: string } | undefined)?.from
  // Whatever looks for faults would load the library otherwise, and most find none.
  const { Transaction } = createRequire(import.meta.url)('ethers') as typeof import('ethers')
  return Transaction.from(transaction).from ?? undefined
}
