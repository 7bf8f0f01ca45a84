/** What an account has earned, for a person: the sum first, then report by report, and the proof. */
import type { RewardEpochJson, RewardsExplanationJson } from '../../evidence/schema/rewards.js'
import { rangesText } from '../../evidence/text/verifiers.js'
import { rateText, shareText, tokensText } from '../figures.js'
import { textTable } from '../text-table.js'
import { wrap } from '../wrap.js'
import { field, INDENT, paragraph, section } from './layout.js'

export const rewardsText = (of: RewardsExplanationJson): string =>
  [sumText(of), newestText(of), tableText(of), proofText(of)].join('\n\n')

const tokens = (wei: string): string => tokensText(BigInt(wei))

function sumText(of: RewardsExplanationJson): string {
  const failed = of.checks.filter(({ holds }) => !holds).length
  return [
    `Rewards of ${of.account} up to epoch ${of.epoch}\n`,
    ...(failed === 0 ? [] : [field('✗ UNPROVEN', `${failed} of ${of.checks.length} checks failed; see the end.`)]),
    field('Earned', `${tokens(of.cumulative)} tokens since the network began`),
    field('Claimed', claimedText(of)),
  ].join('\n')
}

function claimedText({ claimed, cumulative }: RewardsExplanationJson): string {
  if (claimed === null) return 'unknown: the chain was not asked (--rpc, --network)'
  const open = BigInt(cumulative) - BigInt(claimed)
  if (open <= 0n) return `${tokens(claimed)} tokens, all of it`
  return `${tokens(claimed)} tokens; ${tokensText(open)} can be claimed once the report is final: bandwitness rewards claim`
}

function newestText({ epochs: [newest] }: RewardsExplanationJson): string {
  if (newest === undefined || newest.paidEpoch === null)
    return paragraph('This report pays for no work: the epoch that is due for payment has no report.')
  const { verifier, provider, budget, paidEpoch } = newest
  const half = `${tokensText(BigInt(budget) / 2n)} tokens`
  return section(`How the last report pays for epoch ${paidEpoch}`, [
    field('Budget', `${tokens(budget)} tokens: one half for verifiers, and one for providers.`),
    ...(verifier ? verifierFields(verifier, half) : []),
    ...(provider ? providerFields(provider, half) : []),
    ...(verifier || provider ? [] : [field('Nothing', 'The account was neither a verifier nor a provider.')]),
  ])
}

function verifierFields(of: NonNullable<RewardEpochJson['verifier']>, half: string): string[] {
  const parts = [
    `${of.balloted ? 2 : 0} for its ballot`,
    `${of.signed ? 2 : 0} for its signature`,
    `${of.received} for sessions that it received`,
    `${of.sent} for sessions that it sent`,
  ]
  return [
    field(
      `Verifier ${of.index}`,
      of.caught ? 'Decoys have caught it, so it earns nothing.' : `${of.points} points: ${parts.join(', ')}.`,
      `${of.points} of the ${of.mostPoints} points that the set can earn, of ${half}, are ${tokens(of.earned)} tokens.`,
    ),
  ]
}

const providerFields = (of: NonNullable<RewardEpochJson['provider']>, half: string): string[] => [
  field(
    'Provider',
    `Score ${shareText(of.scoreBps)}, and ${rateText(of.paidKbps)} of the ${rateText(of.claimKbps)} claimed are paid.`,
    `Score · rate over all claims together (${rateText(of.claimedKbps)}), of ${half}, are ${tokens(of.earned)} tokens.`,
  ),
]

function tableText({ epochs, before }: RewardsExplanationJson): string {
  const rows = epochs.map(({ epoch, paidEpoch, budget, verifier, provider, earned, cumulative }) => [
    `${epoch}`,
    paidEpoch === null ? '-' : `${paidEpoch}`,
    tokens(budget),
    verifier === null ? '-' : `${verifier.points}/${verifier.mostPoints}`,
    verifier === null ? '-' : tokens(verifier.earned),
    provider === null ? '-' : `${shareText(provider.scoreBps)}, ${rateText(provider.paidKbps)}`,
    provider === null ? '-' : tokens(provider.earned),
    tokens(earned),
    tokens(cumulative),
  ])
  const table = textTable([
    ['EPOCH', 'PAYS FOR', 'BUDGET', 'POINTS', 'AS VERIFIER', 'SCORE, RATE', 'AS PROVIDER', 'EARNED', 'SUM'],
    ...rows,
    ['before', '', '', '', '', '', '', '', tokens(before)],
  ])
  return section('How it adds up, the newest report first (tokens)', [
    ...table.split('\n').map(line => INDENT + line),
    '',
    paragraph('The rest of each budget stays in the pot. Amounts are exact to the wei; the table cuts them.'),
  ])
}

const proofText = ({ rewardsRoot, proof, checks }: RewardsExplanationJson): string =>
  section('The proof', [
    field('Root', rewardsRoot),
    ...(proof === null ? [] : [field('Path', ...(proof.length === 0 ? ['none: the only leaf'] : proof))]),
    '',
    ...checkLines(checks),
  ])

/** What holds for several reports is one line. */
function checkLines(checks: RewardsExplanationJson['checks']): string[] {
  const parsed = checks.map(({ what, holds }) => {
    const [, epoch, text] = /^epoch (\d+): (.*)$/s.exec(what)!
    return { epoch: Number(epoch), line: `${holds ? '✓' : '✗'} ${text}` }
  })
  return [...new Set(parsed.map(({ line }) => line))].map(line => {
    const epochs = parsed.filter(one => one.line === line).map(({ epoch }) => epoch)
    const names = rangesText(epochs.sort((a, b) => a - b))
    return wrap(`${line} (${epochs.length === 1 ? 'epoch' : 'epochs'} ${names})`, INDENT, INDENT.length + 2)
  })
}
