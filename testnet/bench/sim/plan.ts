/** What `bench sim` runs: which networks, which worlds in them, and how long. */
import { ABOVE, BELOW, HONEST, OFTEN_OFF } from '../../sim/behaviours.js'
import type { SimulatedNetwork, World } from '../../sim/network.js'
import { STRATEGIES } from '../../sim/strategies.js'

export const SHARES = [0, 0.1, 0.2, 0.33, 0.4] as const
export const CLAIM_KBPS = 100_000

const whole = (size: number): SimulatedNetwork => ({
  ...{ name: `${size} of ${size}`, verifiers: size, receivers: size },
  ...{ senders: 3, windowEpochs: 1, soakShareBps: 0 },
})

/** n of N: three in which all verifiers measure, without soaks as on the devnet, and one drawn from a large set, with soaks. */
export const NETWORKS: readonly SimulatedNetwork[] = [
  ...[5, 16, 31].map(whole),
  { ...whole(31), name: '31 of 256', verifiers: 256, soakShareBps: 500 },
]

export interface Depth {
  /** at each share, over all networks: the smaller a network, the more of them it gets */
  readonly epochs: number
  /** windows of each world other than the honest provider's whose rate colluders deflate */
  readonly windows: number
}

export const FULL: Depth = { epochs: 100_000, windows: 300 }
export const QUICK: Depth = { epochs: 1_000, windows: 30 }

/** Parts of `Depth.epochs`, network by network. */
const PARTS = [0.5, 0.3, 0.15, 0.05]
/** A run holds so many epochs; each has a seed, and colluders, of its own. */
const RUN_EPOCHS = 2_500

/** One run: a network, its worlds and its seed. */
export interface SimTask {
  readonly network: SimulatedNetwork
  readonly worlds: readonly WorldName[]
  readonly seed: string
}

/** A world by names, since a strategy is no data that a thread can take. */
export interface WorldName extends Pick<World, 'behaviour' | 'share' | 'epochs'> {
  readonly strategy: keyof typeof STRATEGIES | undefined
}

export const worldOf = ({ strategy, ...world }: WorldName): World => ({
  ...world,
  strategy: strategy && STRATEGIES[strategy],
})

const AGAINST = ['deflate', 'silence', 'split'] as const
const FOR = ['inflate', 'veto', 'silence', 'split'] as const

/** All worlds but the longest, at one share. At a share of 0 all strategies are the same. */
function shortWorlds(share: number, epochs: number): WorldName[] {
  const of = (behaviour: World['behaviour'], strategies: readonly NonNullable<WorldName['strategy']>[]): WorldName[] =>
    share === 0
      ? [{ behaviour, strategy: undefined, share, epochs }]
      : strategies.map(strategy => ({ behaviour, strategy, share, epochs }))
  return [
    ...(share === 0 ? [] : of(HONEST, AGAINST.slice(1))),
    ...of(OFTEN_OFF, ['deflate', 'inflate']),
    ...ABOVE.flatMap(one => of(one, ['deflate', 'inflate'])),
    ...BELOW.flatMap(one => of(one, FOR)),
  ]
}

/** The largest networks first: their runs take longest. */
export function tasksOf({ epochs, windows }: Depth, seed: string): SimTask[] {
  return NETWORKS.flatMap((network, place) => {
    const long = Math.round(epochs * PARTS[place]!)
    const runs = Math.max(1, Math.ceil(long / RUN_EPOCHS))
    return Array.from({ length: runs }, (_, run): SimTask => {
      const part = (whole: number) => Math.floor((whole * (run + 1)) / runs) - Math.floor((whole * run) / runs)
      const honest = SHARES.map(
        (share): WorldName => ({
          ...{ behaviour: HONEST, share, epochs: part(long) },
          strategy: share === 0 ? undefined : 'deflate',
        }),
      )
      const others = SHARES.flatMap(share => shortWorlds(share, part(windows)))
      return { network, seed: `${seed} ${run}`, worlds: [...honest, ...others.filter(world => world.epochs > 0)] }
    })
  }).reverse()
}
