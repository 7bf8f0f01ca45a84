import type { Logger } from 'pino'
import type { Hex } from '../../proto/hex.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import type { Announcement } from '../core/ports.js'

/** Logs where the stake is paid one day. By default that is the account whose key lies on this machine. */
export async function tellWithdrawals(
  chain: Pick<EthersChain, 'withdrawalAddress'>,
  role: Announcement['role'],
  account: Hex,
  log: Pick<Logger, 'info'>,
): Promise<void> {
  const withdrawalAddress = await chain.withdrawalAddress(role, account)
  if (withdrawalAddress !== account) log.info({ withdrawalAddress }, 'withdrawals pay another account')
  else log.info({ account }, 'withdrawals pay this account itself: whoever gets its key can take the stake')
}
