import { isError, Transaction } from 'ethers'
import { UserError } from '../config/errors.js'
import { hex } from './contracts.js'

/** What to tell a person if the chain refused a transaction that its account cannot pay for; else undefined. */
export function insufficientFunds(error: unknown): UserError | undefined {
  if (!isError(error, 'INSUFFICIENT_FUNDS')) return undefined
  const from = senderOf(error.transaction)
  return new UserError(
    'configuration',
    `${from === undefined ? 'The account' : hex(from)} holds too little of the chain's currency to pay for gas. Send it some, then try again.`,
    { cause: error },
  )
}

/** @param transaction signed, or as its fields */
function senderOf(transaction: unknown): string | undefined {
  if (typeof transaction === 'string') return Transaction.from(transaction).from ?? undefined
  return (transaction as { readonly from?: string } | undefined)?.from
}
