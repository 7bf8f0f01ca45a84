/** What a simulated chain says of each epoch. Pure. */
import { windowStart } from '../../proto/epoch.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../verifier/core/facts.js'

export interface SimulatedChain {
  readonly seed: string
  /** N */
  readonly verifiers: number
  /** names, each of one provider */
  readonly providers: readonly string[]
  readonly claimKbps: number
  readonly windowEpochs: number
}

/** More than a group of providers needs at once. */
const CAPACITY_KBPS = 1e9

export const accountOf = (name: string): Hex => keccakText(name).slice(0, 42) as Hex

export const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

export function factsBy({ seed, verifiers, providers, claimKbps, windowEpochs }: SimulatedChain) {
  const beaconOf = (epoch: number) => keccakText(`beacon ${seed} ${epoch}`)
  const always = {
    ...{
      era: 1,
      linkReport: { epoch: 0, headerHash: ZERO_HASH as Hex },
      paidReport: NO_PAID_REPORT,
      rewardsFunded: 0n,
    },
    verifiers: indices(verifiers).map(index => ({
      ...{ index, position: index, account: accountOf(`verifier ${index}`), blsKey: ZERO_HASH as Hex },
      capacityKbps: CAPACITY_KBPS,
    })),
    providers: providers.map((name, index) => ({
      ...{ index, account: accountOf(`provider ${name}`), claimKbps, region: ZERO_HASH as Hex, link: ZERO_HASH as Hex },
      ...{ stake: 1_000_000n, inWindow: true, active: true },
    })),
  }
  return (epoch: number): ChainFacts => ({
    ...always,
    ...{ epoch, blockNumber: epoch, blockHash: keccakText(`block ${epoch}`), beacon: beaconOf(epoch) },
    windowBeacon: beaconOf(windowStart(epoch, windowEpochs)),
  })
}
