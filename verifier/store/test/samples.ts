/** Samples that the tests put into the store. */
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { Ballot } from '../../../proto/messages.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../core/facts.js'
import type { Store } from '../store.js'

const account: Hex = `0x${'12'.repeat(20)}`

export const facts = (epoch: number, name: string): ChainFacts => ({
  era: 1,
  epoch,
  blockNumber: 100 + epoch,
  blockHash: keccakText(name),
  beacon: keccakText(`beacon of ${name}`),
  ...{ windowBeacon: keccakText(`beacon of ${name}`), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
  ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
  verifiers: [{ index: 0, position: 0, account, blsKey: `0x${'34'.repeat(128)}`, capacityKbps: 1000 }],
  providers: [
    {
      ...{ index: 0, account, claimKbps: 25_000, region: ZERO_HASH, link: ZERO_HASH, stake: 10n ** 24n },
      ...{ inWindow: true, active: true },
    },
  ],
})

/** With one vote, of bytes that do not compress. */
export const ballot = (epoch: number, name: string): Ballot => ({
  epoch,
  verifier: 1,
  root: fromHex(keccakText(name)),
  signature: new Uint8Array(96),
  schedule: new Uint8Array(96),
  votes: [Buffer.concat(Array.from({ length: VOTE_BYTES / 32 }, (_, i) => fromHex(keccakText(`${name} ${i}`))))],
})

/** A ballot as the store holds it; undefined if it holds no such ballot. */
export async function storedBallot({ ballots }: Pick<Store, 'ballots'>, root: Hex): Promise<Ballot | undefined> {
  const [head, votes] = [await ballots.head(root), await ballots.votes(root)]
  return head && votes && { ...head, votes }
}

export const putBallot = (store: Pick<Store, 'ballots'>, whole: Ballot, own = false): Promise<void> =>
  store.ballots.put(whole, whole.votes, own)
