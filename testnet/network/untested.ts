/**
 * What a run could not show: one sentence for each promise, with what to do. A run that shows nothing wrong because it shows
 * nothing is no good one. Pure: every sentence follows from the record.
 */
import { STATUS } from '../../proto/leaf.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { CONDUCT, FIRST_SLANDER } from '../profiles/profiles.js'
import { isCaptured } from './captured-result.js'
import { isOutvoted } from './outvoted-result.js'
import { historyOf, type ProviderRecord, type RunRecord, reportsExpected } from './result.js'

const MORE_EPOCHS = 'Run more epochs with --epochs.'
const LESS_LOAD = 'Run fewer --verifiers or --providers, or take a machine with more cores.'

/** @returns none if no report is expected of any epoch: that there is none can be seen */
export function untested(run: RunRecord): string[] {
  const { epochs, providers, receivers } = run
  if (epochs.length === 0) return [`No epoch ran to its end, so nothing was tested. ${MORE_EPOCHS}`]
  if (epochs.every(epoch => reportsExpected(run, epoch) === 'never')) return []
  if (isCaptured(run)) {
    return epochs.length > FIRST_SLANDER ? [] : [`The colluders had no epoch to lie about. ${MORE_EPOCHS}`]
  }
  const posted = epochs.filter(({ report }) => report !== undefined)
  if (posted.length === 0) return [] // a failure, unless too many may be away: then nobody promises a report
  const isHonest = run.verifiers.every(({ planned }) => CONDUCT[planned.profile].signs === 'always')
  const few = isHonest ? posted.filter(epoch => hasFewBallots(epoch, receivers, providers.length)) : []
  // A busy neighbour may cost an epoch, and the promises are tested in the others.
  const isUsual = 2 * few.length > posted.length
  return [
    ...(isUsual ? few : []).map(
      ({ epoch, ballots, frozen }) =>
        `The report of epoch ${epoch} counts the ballots of ${ballots} of ${frozen.length} verifiers: the others were too late. ${LESS_LOAD}`,
    ),
    ...(isOutvoted(run) ? [] : providers.flatMap(provider => ofProvider(run, provider))),
  ]
}

/** Fewer than 2f+1 of the verifiers that have something to vote on, as many as these draws come to on average. */
function hasFewBallots(
  { ballots, frozen }: RunRecord['epochs'][number],
  receivers: number,
  providers: number,
): boolean {
  const size = frozen.length
  const voters = Math.round(size * (1 - Math.max(0, 1 - receivers / size) ** providers))
  return ballots !== undefined && ballots < 2 * Math.max(0, faultsTolerated(voters)) + 1
}

function ofProvider(run: RunRecord, provider: ProviderRecord): string[] {
  const { planned } = provider
  const { name, profileName, profile } = planned
  const history = historyOf(run, provider)
  if (history.leaves.every(({ status }) => status === STATUS.unmeasured)) {
    return [`${name} (${profileName}) was measured in none of ${run.epochs.length} epochs. ${LESS_LOAD}`]
  }
  return (profile.untested?.(history) ?? []).map(sentence => `${name} (${profileName}) ${sentence}. ${MORE_EPOCHS}`)
}
