/** The figures of `bench bls` for the documentation. Pure. */
import { table } from '../markdown.js'
import { median } from '../quantile.js'
import { type BlsResult, ratio, WAYS, type Way } from './result.js'

const WHAT: Readonly<Record<Way, string>> = {
  blst: 'the library alone, batches of 64',
  checker: 'the checker, asked for all at once',
  'blst, one digest': 'the library alone, batches of 64 over one digest',
  'checker, one digest': 'the checker, batches of 64 over one digest',
  'checker, one by one': 'the checker, each awaited before the next',
  'main thread, one by one': 'one by one on the main thread',
  'checker, all wrong': 'the checker, every signature wrong',
}

export const blsTables = ({ machine, seed, signatures, rounds, verdict }: BlsResult): string =>
  [
    `${machine}. Seed ${seed}, ${rounds.length} rounds of ${signatures} signatures in each way; medians.`,
    '',
    `**${verdict}**`,
    '',
    ...table(
      ['way', 'signatures/s', 'to the library alone', 'to one by one'],
      WAYS.map(way => [
        WHAT[way],
        Math.round(median(rounds.map(rates => rates[way]))).toLocaleString('en'),
        ratio(rounds, way, way.includes('one digest') ? 'blst, one digest' : 'blst').toFixed(2),
        ratio(rounds, way, 'main thread, one by one').toFixed(2),
      ]),
    ),
  ].join('\n')
