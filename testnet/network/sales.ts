/** What users paid a provider for relaying, as the chain has it. What they paid its exit is not among it. */
import { earned } from '../../market/core/channel.js'
import { purposeOf } from '../../market/core/purpose.js'
import type { Hex } from '../../proto/hex.js'
import { priceOf } from '../../proto/voucher.js'
import { EscrowLog } from '../../verifier/chain/escrow-log.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { PRICE } from '../market/offering.js'
import { type BooksPlace, readBooks } from '../profiles/charging/books.js'
import type { Sales } from '../profiles/profile.js'

/** @throws RpcFault */
export async function salesOf(chain: EthersChain, account: Hex, place: BooksPlace): Promise<Sales> {
  const books = readBooks(place)
  const revenue = await revenueOf(chain, account)
  return { revenue, books, owed: books === undefined ? 0n : priceOf(books.carriedBytes, PRICE) }
}

async function revenueOf(chain: EthersChain, payee: Hex): Promise<bigint> {
  const events = await new EscrowLog(chain.context, { payee }).events()
  const newest = new Map(events.flatMap(event => (event.kind === 'redeemed' ? [[event.id, event.total]] : [])))
  return events
    .flatMap(event => (event.kind === 'opened' && purposeOf(event.channel.signer) === 'relay' ? [event] : []))
    .reduce((all, opened) => all + earned(newest.get(opened.id) ?? 0, opened), 0n)
}
