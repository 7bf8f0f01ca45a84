/** Reports that the chain has accepted. */
import { HEADER_FIELDS } from '../../proto/header.js'
import { ZERO_HASH } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import type { ChainContext } from './context.js'
import { hex, recordFrom } from './contracts.js'

export async function readPosted(
  { contracts: { epochReports }, provider, log }: ChainContext,
  epoch: number,
): Promise<PostedReport | undefined> {
  const accepted = hex(await epochReports.getFunction('headerHashOf')(epoch))
  if (accepted === ZERO_HASH) return undefined
  const txHash = await log.postedIn(accepted)
  const receipt = txHash && (await provider.getTransactionReceipt(txHash))
  if (!receipt) return undefined // a reorganisation removed it meanwhile
  const events = receipt.logs
    .filter(({ address }) => hex(address) === hex(epochReports.target as string))
    .map(one => epochReports.interface.parseLog(one))
  const args = events.find(event => event?.name === 'Posted' && hex(event.args.headerHash) === accepted)?.args
  return (
    args && {
      header: recordFrom(HEADER_FIELDS, args.header),
      headerHash: accepted,
      round: Number(args.round),
      nonSigners: (args.nonSigners as bigint[]).map(Number),
      txHash,
      blockNumber: receipt.blockNumber,
      gasUsed: Number(receipt.gasUsed),
    }
  )
}
