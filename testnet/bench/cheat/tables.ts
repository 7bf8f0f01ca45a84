/** The figures of a run, and the derived bounds, as tables for the documentation. Pure. */
import {
  type Committee,
  firstLentLimit,
  framedWindow,
  inflatedWindow,
  lentLimit,
  SHARES,
  sendersToSpoil,
  vetoedVote,
  vetoedWindow,
} from '../../sim/bounds.js'
import { capturedByGroups, framedByGroups, largestShare, vetoedByGroups } from '../../sim/group-bounds.js'
import { upperChance } from '../../sim/odds.js'
import { percent } from '../figures.js'
import { BLOCK_WINDOWS, type CheatResult, type CheatRow } from './result.js'

/** The derived bounds, which need no run. */
export function boundTables(): string {
  const shares = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33]
  const sizes = [
    { receivers: 31, senders: 3 },
    { receivers: 31, senders: 3, verifiers: 64 },
    { receivers: 64, senders: 3 },
  ]
  return sizes
    .flatMap(size => [
      `n = ${size.receivers}, k = ${size.senders}, ${size.verifiers ? `set of ${size.verifiers}` : 'a set that is large compared with n'}:`,
      '',
      ...table(
        [
          'share',
          'a window is captured',
          'an honest provider is framed',
          'a low vote is vetoed',
          'a breach is vetoed',
          'a soak limit is captured, senders lend',
          'the first soak limit is captured, senders lend',
        ],
        shares.map(share => {
          const of: Committee = { ...size, share }
          const needed = sendersToSpoil(size.senders)
          const odds = [
            inflatedWindow(of),
            framedWindow(of),
            vetoedVote(of, needed),
            vetoedWindow(of, needed),
            lentLimit(of),
            firstLentLimit(of),
          ]
          return [`${share}`, ...odds.map(probability)]
        }),
      ),
      '',
    ])
    .join('\n')
    .trimEnd()
}

/** The highest odds of a captured window: five per cent mean inflation, less the reading's own error, at a tenth of the claim. */
const CAPTURED_MOST = (0.05 - 0.03) / (1 / 0.1 - 1)
/** The design's odds of framing if a third of the verifiers collude and each receiver measures the whole claim. */
const FRAMED_MOST = 1e-5

/** The same for groups of receivers, from a set that is large compared with n. */
export function groupTables(): string {
  const sizes = [31, 64].flatMap(receivers => [1, 2, 3, 4].map(size => ({ receivers, size, senders: 3 })))
  const shares = [0.05, 0.1, 0.15, 0.2, 0.25, 0.33]
  const odds = [
    ['A window is captured', capturedByGroups],
    ['An honest provider is framed', framedByGroups],
    ['A breach is vetoed', vetoedByGroups],
  ] as const
  const head = (of: readonly string[]) => ['n', 'g', 'groups', ...of]
  const row = ({ receivers, size }: (typeof sizes)[number], of: readonly string[]) => [
    ...[`${receivers}`, `${size}`, `${Math.floor(receivers / size)}`],
    ...of,
  ]
  return [
    ...odds.flatMap(([what, chance]) => [
      `${what}, by the share of colluding verifiers:`,
      '',
      ...table(
        head(shares.map(share => `${share}`)),
        sizes.map(of =>
          row(
            of,
            shares.map(share => probability(chance({ ...of, share }))),
          ),
        ),
      ),
      '',
    ]),
    'The largest share at which',
    '',
    ...table(
      head(['inflation stays within 5 %', 'framing stays within 10^-5 a window', 'a breach is vetoed once in four']),
      sizes.map(of =>
        row(of, [
          `${largestShare(of, capturedByGroups, CAPTURED_MOST)}`,
          `${largestShare(of, framedByGroups, FRAMED_MOST)}`,
          `${largestShare(of, vetoedByGroups, 0.25)}`,
        ]),
      ),
    ),
  ].join('\n')
}

export function cheatTables(result: CheatResult): string {
  const { committee, windows, seed, claimKbps, honest, slow, curves, rows, innocence, plots } = result
  const { receivers, senders, verifiers } = committee
  return [
    `Run on ${result.date.slice(0, 10)} with ${result.machine}, seed ${seed}, claim ${claimKbps / 1000} Mbit/s: ${windows} windows for each cheat and share, n = ${receivers}, k = ${senders}, a set of ${verifiers}; ${result.minutes.toFixed(1)} minutes.`,
    '',
    `**${result.verdict}**`,
    '',
    'Inflation of the certified rate above the delivered rate (mean over the windows with a rate; in brackets, in how many of the deciding windows colluders chose the rate), and how often the cheat was slashed:',
    '',
    ...table(
      ['cheat', 'delivers', ...SHARES.map(share => `share ${share}`), 'score, share 0'],
      [...new Set(rows.map(({ cheat }) => cheat))].map(cheat => cheatLine(cheat, rows)),
    ),
    '',
    'Windows with framing and with vetoing; in brackets, the derived bounds:',
    '',
    ...table(
      ['share', 'an honest provider is framed', 'a provider that delivers 60 % has no breach'],
      curves.map(row => [
        `${row.share}`,
        `${row.framed} of ${row.windows} (${probability(row.framedBound)})`,
        `${row.vetoed} of ${row.windows} (${probability(row.vetoedBound)})`,
      ]),
    ),
    '',
    `An honest provider with a link of claim/0.7, 1 % loss, 150 ms and 30 % cross traffic: ${honest.breaches} breaches in ${honest.windows} windows, so at most ${percent(upperChance(honest.breaches, honest.windows), 1)} of windows with 95 % confidence. A provider that delivers 60 %: slashed within ${BLOCK_WINDOWS} windows in ${slow.slashed} of ${slow.runs} runs, so missed in at most ${percent(upperChance(slow.runs - slow.slashed, slow.runs), 1)} of runs. The windows are simulated from measured sessions.`,
    '',
    'An honest provider, with one fault that is not its own (real sessions):',
    '',
    ...table(
      ['at fault', 'outcome', 'reading, kbit/s'],
      innocence.map(({ fault, soak, outcome }) => [
        fault === 'receiver'
          ? 'the receiver’s link carries half of the claim'
          : `one sender of three${soak ? ', in a soak' : ''}: ${fault}`,
        `${outcome.kind}${'reason' in outcome ? `, ${outcome.reason}` : ''}`,
        'measurement' in outcome ? `${outcome.measurement.rateKbps}` : '',
      ]),
    ),
    '',
    'A provider that delivers 60 %, with one accomplice among three senders (real sessions):',
    '',
    ...table(
      ['what they do', 'outcome', 'reading, kbit/s'],
      plots.map(({ what, outcome }) => [
        what,
        `${outcome.kind}${'reason' in outcome ? `, ${outcome.reason}` : ''}`,
        'measurement' in outcome ? `${outcome.measurement.rateKbps}` : '',
      ]),
    ),
  ].join('\n')
}

function cheatLine(cheat: string, rows: readonly CheatRow[]): string[] {
  const of = SHARES.map(share => rows.find(row => row.cheat === cheat && row.share === share)!)
  const first = of[0]!
  return [
    `\`${cheat}\``,
    percent(first.deliveredShare, 1),
    ...of.map(row => {
      const rate = row.measured === 0 ? 'no rate' : `+${percent(row.inflation, 1)} (${row.captured} of ${row.deciding})`
      return row.penalties > 0 ? `${rate}, slashed ${row.penalties} times` : rate
    }),
    `${first.scoreBps / 100} %`,
  ]
}

/** In per cent; below a thousandth as a power of ten. */
function probability(chance: number): string {
  if (chance === 0) return '0'
  if (chance >= 0.001) return percent(chance, 1)
  return `10^${Math.round(Math.log10(chance))}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
