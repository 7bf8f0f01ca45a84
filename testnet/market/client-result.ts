/** Whether the chain and the clients show what the market promises. Pure. */
import type { ClientStatus } from '../../market/client/status.js'
import { priceOf } from '../../proto/voucher.js'
import type { PlannedClient } from './plan.js'
import type { Settled } from './settling.js'
import type { Loaded } from './socks-get.js'
import type { Taken } from './taken.js'

/** What was seen of a client. */
export type ClientRecord = { readonly client: PlannedClient } & (
  | {
      readonly loaded: Loaded & { readonly longestGapMs: number; readonly seconds: number }
      readonly isWhole: boolean
      /** after the page */
      readonly status: ClientStatus
      readonly settled: Settled
      /** wei for 2^30 bytes */
      readonly price: bigint
    }
  /** `settled`: of its channels, if it opened any. `faults`: what it did not do, so that it proves nothing */
  | {
      readonly taken: readonly Taken[]
      readonly carriedBytes: number
      readonly settled: Settled | undefined
      readonly faults: readonly string[]
    }
  /** why it came to nothing */
  | { readonly fault: string }
)

/** A client in the result of a run. Amounts are decimal strings of wei. */
export interface ClientResult {
  readonly name: string
  readonly profile: string
  /** at the IP layer over all legs, and of its connections at the exit */
  readonly provenBytes: number
  /** of these, those that the client signed for */
  readonly paidBytes: number
  /** by the client's signatures */
  readonly signed: string
  /** that left its deposits */
  readonly redeemed: string
  readonly longestGapMs: number | null
  readonly switches: number
  /** of a client that cheats: what it was carried for nothing */
  readonly taken: readonly Taken[]
}

export function clientResult(record: ClientRecord): ClientResult {
  const { name, profile } = record.client
  const none = {
    name,
    profile,
    provenBytes: 0,
    paidBytes: 0,
    signed: '0',
    redeemed: '0',
    longestGapMs: null,
    switches: 0,
    taken: [],
  }
  if ('fault' in record) return none
  if ('taken' in record) {
    const { taken, carriedBytes, settled } = record
    return { ...none, provenBytes: carriedBytes, redeemed: `${settled?.redeemed ?? 0n}`, taken }
  }
  const { status, settled, loaded } = record
  const { carriedBytes, paidBytes } = exitOf(status)
  return {
    ...{ name, profile, signed: status.spent, redeemed: `${settled.redeemed}`, switches: status.switches },
    provenBytes: status.provenBytes + carriedBytes,
    paidBytes: status.paidBytes + paidBytes,
    longestGapMs: loaded.longestGapMs,
    taken: [],
  }
}

const exitOf = ({ exit }: ClientStatus) => exit ?? { carriedBytes: 0, paidBytes: 0 }

/** One sentence for each promise that was not kept. */
export function clientFailures(record: ClientRecord): string[] {
  const subject = `${record.client.name} (${record.client.profile})`
  if ('fault' in record) return [`${subject} failed: ${record.fault}.`]
  const sentences = 'taken' in record ? takenForNothing(record) : wrongIn(record)
  return sentences.map(sentence => `${subject} ${sentence}.`)
}

const takenForNothing = ({
  taken,
  settled,
  faults,
}: Extract<ClientRecord, { readonly taken: readonly Taken[] }>): string[] => [
  ...taken.flatMap(({ what, bytes, mostBytes }) => [
    ...(bytes > mostBytes ? [`got ${bytes} bytes ${what} without paying, more than ${mostBytes}`] : []),
    ...(bytes === 0 ? [`got nothing ${what}, so it proved nothing`] : []),
  ]),
  ...(settled !== undefined && settled.open > 0 ? [`could not close ${settled.open} channels`] : []),
  ...faults,
]

function wrongIn({
  isWhole,
  loaded,
  status,
  settled,
  price,
}: Extract<ClientRecord, { readonly settled: Settled }>): string[] {
  const { deposited, redeemed, open } = settled
  const owed = priceOf(status.provenBytes + exitOf(status).carriedBytes, price)
  const signed = BigInt(status.spent)
  return [
    ...(isWhole ? [] : [`got ${loaded.bytes} bytes with the hash ${loaded.sha256}, which is wrong`]),
    ...(deposited === 0n ? ['paid from no channel'] : []),
    ...(open > 0 ? [`could not close ${open} channels`] : []),
    ...(redeemed > owed ? [`paid ${redeemed} wei for what costs ${owed}`] : []),
    // What the client signs after it was asked is little: for legs that ended with it.
    ...(redeemed < signed ? [`got ${signed - redeemed} wei back that it had signed away`] : []),
  ]
}
