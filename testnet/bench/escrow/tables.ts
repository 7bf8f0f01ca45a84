/** The figures of `bench escrow` as tables. Pure. */
import { thousands } from '../figures.js'
import { table } from '../markdown.js'
import { quantile } from '../quantile.js'
import { deliveredOf, type Life, unpaidOf } from './bounds.js'
import { ROLES } from './ground.js'
import { type EscrowResult, faultsIn, type KillRow } from './result.js'

const kb = (bytes: number): string => thousands(Math.round(bytes / 1000))
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

export function escrowTables(result: EscrowResult): string {
  const { date, machine, commit, seed, kills, ends, seconds, verdict } = result
  const deposited = sum(ends.map(one => Number(BigInt(one.deposited) / 10n ** 12n))) / 1e6
  const redeemed = sum(ends.map(one => Number(BigInt(one.redeemed) / 10n ** 12n))) / 1e6
  return [
    `Measured on ${date.slice(0, 10)} at commit \`${commit}\` with ${machine}; seed \`${seed}\`; ${(seconds / 60).toFixed(0)} minutes.`,
    '',
    `**${verdict}**`,
    '',
    ...killTable(kills),
    '',
    ...lifeTable(result),
    '',
    `${sum(ends.map(({ channels }) => channels))} channels held ${deposited.toFixed(2)} tokens, and paid ${redeemed.toFixed(6)}: all that their vouchers were worth.`,
    ...faultsIn(result).map(fault => `\n- ${fault}`),
  ].join('\n')
}

const killTable = (kills: readonly KillRow[]): string[] =>
  table(
    [
      'killed',
      'times',
      'while somebody started',
      'payments withheld',
      'datagrams dropped',
      'channels closing',
      'a round, s',
      'faults',
    ],
    ROLES.map(role => {
      const rows = kills.filter(({ victim }) => victim === role)
      const count = (is: (row: KillRow) => boolean) => String(rows.filter(is).length)
      return [
        role,
        String(rows.length),
        count(({ isEarly }) => isEarly),
        count(({ isWithheld }) => isWithheld),
        thousands(sum(rows.map(({ droppedDatagrams }) => droppedDatagrams))),
        count(({ isClosing }) => isClosing),
        (
          quantile(
            rows.map(({ tookMs }) => tookMs),
            0.5,
          ) / 1000
        ).toFixed(1),
        String(sum(rows.map(({ faults }) => faults.length))),
      ]
    }),
  )

/** Of the tunnel at the exit, a life that the death of a provider did not end is left out. */
function lifeTable({ kills, relay, exit }: EscrowResult): string[] {
  const relayLives = kills.map(row => row.relay)
  const exitLives = kills.flatMap(row => (row.victim === 'provider' && !row.isClosing ? [] : [row.exit]))
  const row = (name: string, lives: readonly Life[], bound: number) => [
    name,
    String(lives.length),
    kb(sum(lives.map(deliveredOf))),
    kb(sum(lives.map(life => life.signedBytes))),
    kb(sum(lives.map(life => life.paidBytes))),
    lives.length === 0 ? '–' : kb(quantile(lives.map(unpaidOf), 0.5)),
    kb(most(lives.map(unpaidOf))),
    kb(bound),
  ]
  const paid = (lives: readonly Life[]) => lives.filter(({ paidBytes }) => paidBytes > 0)
  const unpaid = (lives: readonly Life[]) => lives.filter(life => life.paidBytes === 0 && deliveredOf(life) > 0)
  return table(
    ['kB', 'lives', 'delivered', 'signed', 'paid', 'unpaid P50', 'most', 'bound of a session'],
    [
      row('relay, with a payment', paid(relayLives), relay.windowBytes),
      row('relay, before the first payment', unpaid(relayLives), relay.creditBytes),
      row('exit, with a payment', paid(exitLives), exit.windowBytes),
      row('exit, before the first payment', unpaid(exitLives), exit.creditBytes),
    ],
  )
}
