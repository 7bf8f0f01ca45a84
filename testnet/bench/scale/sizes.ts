/** The sizes of networks that `bench scale` measures, and which of them it computes from a sample. Pure. */

export interface NetworkSize {
  readonly verifiers: number
  readonly providers: number
}

/** A size, and the epochs over which the receivers of a provider are spread. */
export interface CoreSize extends NetworkSize {
  readonly windowEpochs: number
}

/** A real network's windows, and those of a test network: every provider by all of its receivers in every epoch. */
export const WINDOWS = [24, 1] as const

const VERIFIERS = [5, 31, 64, 191]
const PROVIDERS = [1000, 10_000, 100_000]
/** Beside the others, for the time of an agreement. */
const AGREEING: readonly NetworkSize[] = [
  { verifiers: 16, providers: 1000 },
  { verifiers: 16, providers: 10_000 },
]
const QUICK: readonly NetworkSize[] = [5, 31].map(verifiers => ({ verifiers, providers: 1000 }))

/** The verifiers of the network whose API is asked, and the most providers that it has. */
const API = { verifiers: 31, providers: 10_000 }
/** An agreement of fewer verifiers takes no time worth a figure, and of more providers more than an epoch. */
const AGREEMENT = { leastVerifiers: 16, mostProviders: 10_000 }

export interface Asked {
  /** empty for those of the plan */
  readonly verifiers: readonly number[]
  readonly providers: readonly number[]
  readonly quick: boolean
}

/** Small sizes first. */
export function sizesOf({ verifiers, providers, quick }: Asked): NetworkSize[] {
  const cross = (all: readonly number[], of: readonly number[]): NetworkSize[] =>
    of.flatMap(providers => all.map(verifiers => ({ verifiers, providers })))
  if (verifiers.length > 0 || providers.length > 0)
    return cross(verifiers.length > 0 ? verifiers : VERIFIERS, providers.length > 0 ? providers : PROVIDERS)
  if (quick) return [...QUICK]
  return [...AGREEING, ...cross(VERIFIERS, PROVIDERS)].sort(
    (a, b) => a.providers - b.providers || a.verifiers - b.verifiers,
  )
}

export const isAgreement = ({ verifiers, providers }: NetworkSize): boolean =>
  verifiers >= AGREEMENT.leastVerifiers && providers <= AGREEMENT.mostProviders

export const isApi = ({ verifiers, providers }: NetworkSize): boolean =>
  verifiers === API.verifiers && providers <= API.providers

/** Sessions of an epoch whose assignment is measured whole: three million take a minute or more, and two gigabytes. */
const MOST_SESSIONS = 1_000_000
/** One provider in so many is computed where all would be too much. */
const SAMPLE = 10

/** The providers with which a size is computed: all of them, or one in ten. @param receivers of each provider */
export function sampleOf({ providers, windowEpochs }: CoreSize, receivers: number): number {
  const sessions = (providers * receivers) / windowEpochs
  return sessions <= MOST_SESSIONS ? providers : Math.ceil(providers / SAMPLE)
}
