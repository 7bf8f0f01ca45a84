/** The figures of `bench decoys` for the documentation. Pure. */
import { caughtAtLeast, caughtAtMost, missesToCatch } from '../../sim/decoy-bounds.js'
import { percent } from '../figures.js'
import { table } from '../markdown.js'
import { type DecoysResult, SHAPES, tasksOf } from './result.js'

export const decoysTables = ({ seed, runs, rows, verdict }: DecoysResult): string =>
  [
    `Seed ${seed}, ${runs} runs of each column. A run has 31 receivers, and a window for each receiver at each decoy.`,
    '',
    `**${verdict}**`,
    '',
    ...table(
      ['caught in', ...SHAPES.map(shape => `${tasksOf(shape)} tasks (${shape.decoys} decoys)`)],
      rows.map(({ name, caught }) => [name, ...caught.map(one => percent(one.caught / one.of))]),
    ),
  ].join('\n')

/** An honest verifier misses so many tasks, and one that guesses three in four. */
const HONEST_MISSES = [0.005, 0.01, 0.02]
const GUESS_MISSES = 0.75

export const decoyBoundTables = (): string =>
  table(
    ['', ...SHAPES.map(shape => `${tasksOf(shape)} tasks (${shape.decoys} decoys)`)],
    [
      ['misses that catch', ...SHAPES.map(shape => `${missesToCatch(tasksOf(shape))}`)],
      ...HONEST_MISSES.map(chance => [
        `honest, misses ${percent(chance, 1)} of its tasks: caught in at most`,
        ...SHAPES.map(shape => caughtAtMost(tasksOf(shape), chance).toExponential(1)),
      ]),
      [
        'guesses: caught in at least',
        ...SHAPES.map(shape => percent(caughtAtLeast(tasksOf(shape), shape.decoys, GUESS_MISSES))),
      ],
    ],
  ).join('\n')
