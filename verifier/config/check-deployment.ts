/** What makes contracts refuse their constructor's arguments, or a network stand still. Each fault is a sentence. Pure. */
import { SILENT_SESSION_MS } from '../../probe/constants.js'
import type { NetworkParams } from '../../proto/params.js'
import { paramsFault } from './check-params.js'
import type { DeploymentSettings } from './deployment-settings.js'

/** The limits of the contracts. */
const MAX_VERIFIERS = 191
const MAX_WEEKLY_BPS = 1_000
const FULL_BPS = 10_000
const MAX_FINALITY_SECONDS = 7 * 86_400
const BOND_KNOWN_SECONDS = 14 * 86_400
const SIGNING_EPOCHS = 2
const UINT32_MAX = 2 ** 32 - 1

export const DAY_SECONDS = 86_400
/** With epochs as long as this, a network is more than a trial. */
const REAL_EPOCH_SECONDS = 3_600

/** A lane can be reserved 288 slots ahead, and its price must not be older than a day. */
const MAX_LANE_SLOT_SECONDS = DAY_SECONDS / 288

/** Each session has a second try, in a slot of its own. */
const TRIES = 2

const AT_LEAST_ONE = [
  'epochSeconds',
  'eraEpochs',
  'claimDelaySeconds',
  'unbondingSeconds',
  'tickMs',
  'senders',
] as const
const PHASES = ['commitMs', 'revealMs', 'listMs', 'roundMs'] as const

/** None if the contracts take the settings and a network can run with them. */
export function deploymentFaults(settings: DeploymentSettings): string[] {
  const { params } = settings
  const faults = [...settingFaults(settings), ...smallNumbers(params), ...timeFaults(params), ...lateFaults(params)]
  const unfit = paramsFault(params)
  return unfit === undefined ? faults : [...faults, unfit]
}

function settingFaults(settings: DeploymentSettings): string[] {
  const { genesisVerifiers, minimumVerifiers, networkWeeklyBps, params } = settings
  const different = new Set(genesisVerifiers).size
  const positive = ['verifierBond', 'minimumProviderStake', 'stakePerMbps'] as const
  return [
    ...positive.filter(name => settings[name] === 0n).map(name => `${name} must be more than 0`),
    ...(minimumVerifiers < 1 ? ['minimumVerifiers must be at least 1'] : []),
    ...(different < genesisVerifiers.length ? ['genesisVerifiers names an account twice'] : []),
    ...(different < minimumVerifiers
      ? [`genesisVerifiers has ${different} accounts, fewer than minimumVerifiers ${minimumVerifiers}`]
      : []),
    ...(different > MAX_VERIFIERS ? [`genesisVerifiers has ${different} accounts, more than ${MAX_VERIFIERS}`] : []),
    ...outside('networkWeeklyBps', networkWeeklyBps, MAX_WEEKLY_BPS),
    ...outside('maxPenaltyBps', params.maxPenaltyBps, MAX_WEEKLY_BPS),
    ...outside('breachBps', params.breachBps, FULL_BPS),
    ...outside('minClaimKbps', params.minClaimKbps, UINT32_MAX),
    ...marketFaults(settings),
  ]
}

/** A payee that was down for hours must still come in time to have its last signatures paid. */
function marketFaults({ thawSeconds, laneSlotSeconds, laneGraceSeconds, params }: DeploymentSettings): string[] {
  const least = params.epochSeconds < REAL_EPOCH_SECONDS ? 1 : DAY_SECONDS
  return [
    ...(thawSeconds < least
      ? [`thawSeconds ${thawSeconds} must be at least ${least}, so that payees redeem their last receipts`]
      : []),
    ...(laneGraceSeconds < least
      ? [`laneGraceSeconds ${laneGraceSeconds} must be at least ${least}, so that payees settle their last slots`]
      : []),
    ...outside('laneSlotSeconds', laneSlotSeconds, MAX_LANE_SLOT_SECONDS),
  ]
}

const outside = (name: string, value: number, most: number): string[] =>
  value < 1 || value > most ? [`${name} ${value} is not between 1 and ${most}`] : []

const smallNumbers = (params: NetworkParams): string[] =>
  [...AT_LEAST_ONE, ...PHASES].filter(name => params[name] < 1).map(name => `${name} must be at least 1`)

/** An epoch must have room for a session and its second try, and for the agreement on the epoch before. */
function timeFaults(params: NetworkParams): string[] {
  const { epochSeconds, leadMs, slotMs } = params
  const epochMs = epochSeconds * 1000
  const agreeMs = PHASES.reduce((sum, name) => sum + params[name], 0)
  const measureMs = leadMs + TRIES * slotMs + Math.max(0, SILENT_SESSION_MS - slotMs)
  return [
    ...(agreeMs > epochMs
      ? [
          `epochSeconds ${epochSeconds} leaves no time to agree: ${PHASES.join(', ')} together need ${agreeMs} ms, and a report must be on the chain before the next epoch ends`,
        ]
      : []),
    ...(measureMs > epochMs
      ? [
          `epochSeconds ${epochSeconds} leaves no time to measure: leadMs, two slots of ${slotMs} ms and a late session need ${measureMs} ms`,
        ]
      : []),
  ]
}

/** Stake must stay until all that can be charged to it is settled, and evidence until it has been used. */
function lateFaults(params: NetworkParams): string[] {
  const { epochSeconds, eraEpochs, settlementSeconds, evidenceSeconds, unbondingSeconds } = params
  const finality = 2 * epochSeconds + settlementSeconds
  const evidence = evidenceSeconds + SIGNING_EPOCHS * epochSeconds
  const needed = Math.max(finality + evidenceSeconds, evidence)
  const remembered = evidence + eraEpochs * epochSeconds
  return [
    ...(finality > MAX_FINALITY_SECONDS
      ? [`two epochs and settlementSeconds take ${finality} s, more than ${MAX_FINALITY_SECONDS} s`]
      : []),
    ...(unbondingSeconds <= needed
      ? [`unbondingSeconds ${unbondingSeconds} must be more than ${needed}, until evidence of the last epoch is used`]
      : []),
    ...(remembered > BOND_KNOWN_SECONDS
      ? [
          `evidenceSeconds, two epochs and an era take ${remembered} s, longer than the ${BOND_KNOWN_SECONDS} s that bonds are known`,
        ]
      : []),
  ]
}
