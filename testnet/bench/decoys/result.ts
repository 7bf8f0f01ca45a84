/** Runs of decoys, and how often each manner of voting was caught. Pure. */
import { type DecoyRun, MANNERS, type Manner, runDecoys } from '../../sim/decoy-votes.js'

/** Tasks of one verifier, as decoys × windows. */
export const SHAPES = [
  { decoys: 2, epochs: 1 },
  { decoys: 3, epochs: 2 },
  { decoys: 6, epochs: 2 },
  { decoys: 12, epochs: 5 },
] as const
export type Shape = (typeof SHAPES)[number]

export const tasksOf = ({ decoys, epochs }: Shape): number => decoys * epochs

/** The receivers of a run: n as on a real network, one of each manner, and all others honest. */
const RECEIVERS = 31
const OTHERS = (Object.keys(MANNERS) as Manner[]).filter(manner => manner !== 'honest')
const MIXED: readonly Manner[] = [...OTHERS, ...new Array<Manner>(RECEIVERS - OTHERS.length).fill('honest')]
/** More than half are lazy, so that most decoys still have the word. */
const LAZY_MAJORITY: readonly Manner[] = MIXED.map((_, receiver) => (receiver < 18 ? 'lazy' : 'honest'))
const ALL_HONEST: readonly Manner[] = new Array<Manner>(RECEIVERS).fill('honest')
const VICTIM = 0

export interface CaughtRow {
  readonly name: string
  /** by shape: verifiers that were caught, of all of this kind in all runs */
  readonly caught: readonly { readonly caught: number; readonly of: number }[]
}

export interface DecoysResult {
  readonly bench: 'decoys'
  readonly seed: string
  readonly runs: number
  readonly rows: readonly CaughtRow[]
  readonly verdict: string
}

interface Scene {
  readonly name: string
  readonly manners: readonly Manner[]
  readonly lying?: DecoyRun['lying']
  readonly counts: (receiver: number) => boolean
}

const SCENES: readonly Scene[] = [
  ...(Object.keys(MANNERS) as Manner[]).map(manner => ({
    name: `${manner}: ${MANNERS[manner]}`,
    manners: MIXED,
    counts: (receiver: number) => MIXED[receiver] === manner,
  })),
  {
    name: 'lazy, and so are 18 of 31',
    manners: LAZY_MAJORITY,
    counts: receiver => LAZY_MAJORITY[receiver] === 'lazy',
  },
  ...[1, 2].map(decoys => ({
    name: `honest victim of ${decoys === 1 ? 'one lying decoy' : 'two lying decoys'}`,
    manners: ALL_HONEST,
    lying: { decoys, victims: [VICTIM] },
    counts: (receiver: number) => receiver === VICTIM,
  })),
]

export function simulateDecoys({ seed, runs }: { readonly seed: string; readonly runs: number }): DecoysResult {
  const rows = SCENES.map(({ name }) => ({ name, caught: SHAPES.map(() => ({ caught: 0, of: 0 })) }))
  for (const [column, shape] of SHAPES.entries()) {
    for (let run = 0; run < runs; run++) {
      const verdicts = new Map<string, ReadonlySet<number>>()
      for (const [row, { manners, lying, counts }] of SCENES.entries()) {
        const key = JSON.stringify([manners, lying])
        const caught =
          verdicts.get(key) ??
          runDecoys({ seed: `${seed} ${run} ${key}`, ...shape, manners, ...(lying && { lying }) }).caught
        verdicts.set(key, caught)
        const cell = rows[row]!.caught[column]!
        for (const receiver of manners.keys()) {
          if (!counts(receiver)) continue
          cell.of++
          if (caught.has(receiver)) cell.caught++
        }
      }
    }
  }
  return { bench: 'decoys', seed, runs, rows, verdict: verdictOf(rows) }
}

/** The shares that the issue of decoys is about, at 60 tasks. */
const CATCHES = ['lazy', 'certified', 'copier', 'guesser']
const LEAST_CAUGHT = 0.95
const MOST_HONEST = 0.001

function verdictOf(rows: readonly CaughtRow[]): string {
  const last = SHAPES.length - 1
  const share = (manner: string) => {
    const { caught, of } = rows.find(({ name }) => name.startsWith(`${manner}:`))!.caught[last]!
    return caught / of
  }
  const escaped = CATCHES.filter(manner => share(manner) < LEAST_CAUGHT)
  const harmed = share('honest') > MOST_HONEST
  if (escaped.length === 0 && !harmed)
    return `PASS decoys: at ${tasksOf(SHAPES[last]!)} tasks, ${CATCHES.join(', ')} are caught in at least 95 % of runs, honest ones in at most 0.1 %`
  return `FAIL decoys: ${[...escaped.map(manner => `${manner} escapes`), ...(harmed ? ['honest verifiers are caught'] : [])].join(', ')}`
}
