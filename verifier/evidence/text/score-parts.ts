/** How a score follows from the votes: its parts, each with the figures that it follows from. */
import { STATUS } from '../../../proto/leaf.js'
import type { ExplanationJson } from '../schema/explanation.js'
import { isBreach, ratioOf, throughputOf, throughputPartsOf } from '../score-parts.js'
import { rateText, shareText } from './figures.js'
import { type Part, part } from './part.js'

export const PARTS_TITLE = { ended: 'How it follows', waiting: 'How its window stands' } as const

export const scoreParts = (of: ExplanationJson): Part[] => (of.window.ended ? endedParts(of) : waitingParts(of))

/** Before the end of a window nothing follows from its votes yet. */
const waitingParts = (of: ExplanationJson): Part[] => [
  part(
    'Window',
    `epochs ${of.window.firstEpoch} to ${of.window.lastEpoch}; its votes wait, and the score is that of the last.`,
  ),
  part('Rate', votesLine(of)),
  ...soakParts(of),
  part('Uptime', `${of.ticks.up} of ${of.ticks.total} ticks up in this window so far.`),
  part('Breach', breachVotes(of)),
]

const endedParts = (of: ExplanationJson): Part[] => [
  part('Rate', votesLine(of), rateLine(of)),
  ...soakParts(of),
  part('Throughput', ...throughputLines(of)),
  part('Uptime', ...uptimeLines(of)),
  part('Breach', ...breachLines(of)),
  ...penaltyParts(of),
]

const votesLine = ({ quorum: { usable, assigned, needed } }: ExplanationJson): string =>
  `${usable} usable votes of ${assigned} assigned verifiers; ${needed} are needed.`

function rateLine({ quorum, leaf, soak, besideLimitKbps }: ExplanationJson): string {
  switch (leaf.status) {
    case STATUS.unmeasured:
      return quorum.usable < quorum.needed
        ? 'Unmeasured: there is no rate and no breach.'
        : `Unmeasured until ${quorum.needed} soak votes confirm a rate: there is no rate and no breach.`
    case STATUS.unserving:
      return 'The provider serves no session, so the rate is 0.'
    default:
      return `The rate is their low median, at most ${[
        'the claim',
        ...(soak.limitKbps === null ? [] : [`the soak limit of ${rateText(soak.limitKbps)}`]),
        ...(besideLimitKbps === null ? [] : [`the ${rateText(besideLimitKbps)} read beside a neighbour’s groups`]),
      ].join(' and ')}.`
  }
}

/** None while there are no soaks. */
function soakParts({ soak, window }: ExplanationJson): Part[] {
  if (soak.soaks === 0 && soak.votes.length === 0) return []
  const now = `${soak.soaks} of ${soak.sessions} sessions that count in this epoch were soaks.`
  if (soak.votes.length === 0) return [part('Soaks', `${now} No soak vote is in force.`)]
  const epochs = [...new Set(soak.votes.map(({ epoch }) => epoch))].sort((a, b) => a - b)
  const held = epochs.map(epoch => {
    const rates = soak.votes
      .filter(vote => vote.epoch === epoch)
      .map(({ receiver, rateKbps }) => `${rateText(rateKbps)} (verifier ${receiver})`)
    return `from epoch ${epoch}: ${rates.join(', ')}`
  })
  return [part('Soaks', now, `In force${window.ended ? '' : ' once the window ends,'} ${held.join('; ')}.`)]
}

function throughputLines(of: ExplanationJson): string[] {
  const figure = (value: number) => value.toFixed(6)
  const { leaf, previousLeaf } = of
  const [before, now] = [throughputPartsOf(previousLeaf), throughputPartsOf(leaf)]
  const ratio = ratioOf(of.leaf)
  const then = previousLeaf ? `after epoch ${of.previousEpoch}` : 'before the first window'
  const isRaised = previousLeaf !== null && previousLeaf.claimKbps < leaf.claimKbps
  const step =
    ratio === undefined
      ? 'In an unmeasured window S decays twice and N once'
      : `With rate/claim = ${figure(ratio)} in this window, S·d + rate/claim and N·d + 1 are the next S and N`
  return [
    `S was ${figure(before.sum)} and N ${figure(before.weight)} ${then}.`,
    ...(isRaised
      ? ['The claim was raised since: T · claim and N − S stayed, with N at least that of a newcomer.']
      : []),
    `${step}, where d = ${figure(2 ** (-1 / of.halfLifeWindows))} is the decay of one window.`,
    `T = S/N = ${figure(now.sum)}/${figure(now.weight)} = ${figure(throughputOf(of.leaf))}.`,
  ]
}

function uptimeLines({ ticks, leaf }: ExplanationJson): string[] {
  const ticksOf = (q16: number) => (q16 / 2 ** 16).toFixed(2)
  return [
    `${ticks.up} of ${ticks.total} ticks up in this window; with the earlier ones, decaying, ${ticksOf(leaf.ticksUpQ16)} of ${ticksOf(leaf.ticksTotalQ16)}.`,
    'U is the lower end of the Wilson interval (z = 1.645).',
  ]
}

const breachVotes = ({ belowThreshold, quorum, thresholdKbps }: ExplanationJson): string =>
  `${belowThreshold} votes below the slashing threshold of ${rateText(thresholdKbps)}; ${quorum.needed} make a breach.`

function breachLines(of: ExplanationJson): string[] {
  const { commonFailure } = of
  const votes = breachVotes(of)
  if (!isBreach(of)) return [votes, 'This window is no breach.']
  return [
    votes,
    commonFailure
      ? 'Too many providers fell below at once: a common failure, so this window is no breach.'
      : 'This window is a breach.',
  ]
}

function penaltyParts({ leaf, maxPenaltyBps }: ExplanationJson): Part[] {
  if (leaf.penaltyBps === 0) return []
  const share = `${(leaf.penaltyBps / 100).toFixed(2)} % of the stake`
  return [part('Penalty', `${shareText(maxPenaltyBps)} · (threshold − rate)/threshold in the worst breach = ${share}.`)]
}
