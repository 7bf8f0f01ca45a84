/** Samples that the tests put into the store. */
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { Ballot } from '../../../proto/messages.js'
import type { ChainFacts } from '../../core/facts.js'

const account: Hex = `0x${'12'.repeat(20)}`

export const facts = (epoch: number, name: string): ChainFacts => ({
  era: 1,
  epoch,
  blockNumber: 100 + epoch,
  blockHash: keccakText(name),
  beacon: keccakText(`beacon of ${name}`),
  ...{ windowBeacon: keccakText(`beacon of ${name}`), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
  verifiers: [{ index: 0, position: 0, account, blsKey: `0x${'34'.repeat(128)}`, capacityKbps: 1000 }],
  providers: [
    {
      ...{ index: 0, account, claimKbps: 25_000, region: ZERO_HASH, link: ZERO_HASH, stake: 10n ** 24n },
      ...{ inWindow: true, active: true },
    },
  ],
})

export const ballot = (epoch: number, name: string): Uint8Array =>
  Ballot.encode({
    epoch,
    verifier: 1,
    root: fromHex(keccakText(name)),
    signature: new Uint8Array(96),
    schedule: new Uint8Array(96),
    votes: [new Uint8Array(64).fill(epoch)],
  })
