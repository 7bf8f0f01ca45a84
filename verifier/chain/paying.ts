/** A transaction by which an account pays tokens into a contract of the market, with the approval that it needs. */
import type { TransactionReceipt } from 'ethers'
import { UserError } from '../config/errors.js'
import { hex } from './contracts.js'
import type { PlannedTransaction, Sender } from './sender.js'
import { readTokens } from './stake.js'

/** Well above what an approval takes. */
const APPROVE_GAS = 100_000n

export interface Payment {
  readonly into: 'transferEscrow' | 'lanes'
  /** for people */
  readonly label: string
  readonly method: string
  readonly args: readonly unknown[]
  /** well above what the call takes: no estimate is possible before the approval is mined */
  readonly gasLimit: bigint
}

/** Payments of each account that are not mined yet. */
const underway = new WeakMap<Sender, number>()

/** @throws UserError 'configuration' if the account has too few tokens; Error if the chain refuses it */
export async function payInto(sender: Sender, amount: bigint, payment: Payment): Promise<TransactionReceipt> {
  const change = (by: 1 | -1) => underway.set(sender, (underway.get(sender) ?? 0) + by)
  change(1)
  try {
    return await paid(sender, amount, payment)
  } finally {
    change(-1)
  }
}

async function paid(
  sender: Sender,
  amount: bigint,
  { into, label, method, args, gasLimit }: Payment,
): Promise<TransactionReceipt> {
  const { context, wallet } = sender
  const { stakeToken, [into]: contract } = context.contracts
  const to = context.file.contracts[into]
  const [tokens, allowance]: [bigint, bigint] = await Promise.all([
    readTokens(context, hex(wallet.address)),
    stakeToken.getFunction('allowance')(wallet.address, to),
  ])
  if (tokens < amount) {
    throw new UserError(
      'configuration',
      `${hex(wallet.address)} holds ${tokens} wei of the stake token ${context.file.contracts.stakeToken}, and the ${label} needs ${amount}. Send the account tokens, then try again.`,
    )
  }
  const approval: PlannedTransaction = {
    label: 'approval of the tokens',
    to: stakeToken.target as string,
    data: stakeToken.interface.encodeFunctionData('approve', [to, amount]),
    gasLimit: APPROVE_GAS,
  }
  const data = contract.interface.encodeFunctionData(method, [...args])
  // Another payment on its way may use up the approval that was just read. Each then brings its own, right before it.
  const needsApproval = allowance < amount || underway.get(sender)! > 1
  const receipts = await sender.sendAll([...(needsApproval ? [approval] : []), { label, to, data, gasLimit }])
  return receipts.at(-1)!
}
