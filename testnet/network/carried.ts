/**
 * What a machine carries of a network of which it runs every node: how many sessions at once and how long their slots are,
 * how many receivers for each provider, how often heartbeats, and how long the verifiers need to agree. Pure.
 *
 * Work is counted in milliseconds of one core of the usual machine; the power of a machine is how many such cores do as much.
 * Times follow the power. Numbers of things follow the cores, so that they are the same in every run on a machine.
 */
import { MAX_BUDGET_MS } from '../../probe/constants.js'
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { tokensHeld } from '../../verifier/core/assignment/token-need.js'
import type { MachineEvent } from './events.js'
import { type Machine, USUAL_MACHINE } from './machine.js'

/** The nodes of a run, and what each provider claims. */
export interface Size {
  readonly verifiers: number
  readonly providers: number
  readonly claimKbps: number
}

export type Carried = Pick<
  NetworkParams,
  | 'lanes'
  | 'slotMs'
  | 'receivers'
  | 'tickMs'
  | 'leadMs'
  | 'rankDelayMs'
  | 'commitMs'
  | 'revealMs'
  | 'listMs'
  | 'roundMs'
>

/** As many verifiers agree within the times of `DEVNET`. */
const USUAL_VERIFIERS = 5
/** What each further verifier adds to a phase on the usual machine: all nodes of the run have their turn in it, three times. */
const PHASE_MS_EACH = { commitMs: 200, revealMs: 400, listMs: 200, roundMs: 400, rankDelayMs: 200, leadMs: 400 }
/** Signatures that each verifier checks of each other one in a phase: a ballot has two, and a proposal carries the lists. */
const CHECKS = { commitMs: 1, revealMs: 2, listMs: 1, roundMs: 2 }
/** The checks of a phase take no more of it than this share, even of a set so large that they take most of the time. */
const CHECKS_SHARE = 1 / 8

/** On each core. */
const SESSIONS_AT_ONCE = 2
const MOST_SESSIONS_AT_ONCE = 16
/** Of all sessions at once, on each core: what the data plane carries while nodes do all their other work. */
const CARRIED_KBPS = 500_000
/** First tries of an epoch, on each core. */
const SESSIONS_AN_EPOCH = 32
/** Two liars among so many receivers are outvoted, and five votes make a quorum. */
const LEAST_RECEIVERS = 7
/** Heartbeats a second, and openings of sessions for them, on each core. */
const BEATS_A_SECOND = 20
const OPENINGS_A_SECOND = 2

/** Of a node that does nothing but keep its connections and follow the chain, each second. */
const IDLE_MS = 40
/** Of one session, in all the nodes that take part in it. */
const SESSION_MS = 450
/** Of a token, at both ends and on its way, in processes that have just started. */
const TOKEN_MS = 3
/**
 * Of a node once it has said that it is ready: it connects and reads the chain. First sessions beside that would begin late,
 * and reach into the next slots.
 */
const SETTLING_MS = 250
/** Of the cores, until the first epoch. */
const STARTING_SHARE = 0.8
/** Seconds from `start` to genesis: the blocks of `start` and of B(1) lie in between. */
export const LEAST_START_DELAY_SECONDS = 3
/** Above this share of the cores, nodes are too late too often. */
const BUSY_SHARE = 0.75
/** Sessions get at least this share of what nodes and sessions may take. A network that leaves them less is too large. */
const LEAST_SESSIONS_SHARE = 1 / 3

/** How many cores of the usual machine do as much. */
const powerOf = ({ cores, checkMs }: Machine): number => (cores * USUAL_MACHINE.checkMs) / checkMs

/** What nodes and their sessions may take each second, of all cores together. */
const usableMs = (machine: Machine): number => BUSY_SHARE * powerOf(machine) * 1000

export function carried(size: Size, machine: Machine): Carried {
  const { verifiers, providers, claimKbps } = size
  const { cores } = machine
  const byRate = Math.floor((CARRIED_KBPS * cores) / claimKbps)
  const lanes = Math.max(1, Math.min(SESSIONS_AT_ONCE * cores, byRate, MOST_SESSIONS_AT_ONCE))
  const few = Math.max(LEAST_RECEIVERS, Math.floor((SESSIONS_AN_EPOCH * cores) / providers))
  const receivers = Math.min(verifiers, few, DEVNET.receivers)
  const pairs = receivers * providers
  const openings = (pairs * 1000) / MAX_BUDGET_MS
  const tickMs = openings > OPENINGS_A_SECOND * cores ? pairs / OPENINGS_A_SECOND : pairs / BEATS_A_SECOND
  return {
    ...{ lanes, receivers },
    slotMs: slotMs(size, lanes, machine),
    tickMs: Math.max(DEVNET.tickMs, Math.ceil((tickMs * 1000) / cores)),
    ...phases(verifiers, powerOf(machine)),
  }
}

/** As long as the sessions that run at once take of the time that idle nodes leave. @param lanes sessions at once */
function slotMs(size: Size, lanes: number, machine: Machine): number {
  const usable = usableMs(machine)
  const leftMs = Math.max(usable - (size.verifiers + size.providers) * IDLE_MS, LEAST_SESSIONS_SHARE * usable)
  const sessions = Math.min(lanes, size.providers) // a provider has one at a time
  return Math.max(DEVNET.slotMs, Math.ceil((sessions * SESSION_MS * 1000) / leftMs))
}

/**
 * From the network's start to its first epoch, in whole seconds: the blocks of `start` and of B(1), and the time in which
 * nodes settle and every verifier gets its first tokens of every provider. An epoch that begins before has too few cores left for its sessions.
 */
export function startDelaySeconds(params: NetworkParams, size: Omit<Size, 'claimKbps'>, machine: Machine): number {
  const { verifiers, providers } = size
  const tokens = verifiers * providers * tokensHeld(params, verifiers)
  const workMs = tokens * TOKEN_MS + (verifiers + providers) * SETTLING_MS
  const seconds = LEAST_START_DELAY_SECONDS + workMs / (STARTING_SHARE * powerOf(machine) * 1000)
  // A node orders the tokens of the next epoch's era, and no later one.
  return Math.min(Math.ceil(seconds), params.epochSeconds)
}

/** What a run tells about its machine before anything is started. */
export function machineEvent(size: Size, params: NetworkParams, machine: Machine): MachineEvent {
  const { lanes: sessionsAtOnce, receivers, epochSeconds } = params
  return {
    ...{ event: 'machine', ...machine, sessionsAtOnce, receivers, epochSeconds },
    warning: warningOf(size, machine) ?? null,
  }
}

/** The phases of `DEVNET`, and for a larger set the time that its messages take. */
function phases(verifiers: number, power: number) {
  const more = Math.max(0, verifiers - USUAL_VERIFIERS)
  const moreChecks = Math.max(0, verifiers ** 2 - USUAL_VERIFIERS ** 2)
  const slowness = Math.max(1, USUAL_MACHINE.cores / power)
  const longer = (phase: keyof typeof PHASE_MS_EACH, checks = 0) => {
    const checkingMs = (moreChecks * checks * USUAL_MACHINE.checkMs) / power / CHECKS_SHARE
    return Math.round((DEVNET[phase] + PHASE_MS_EACH[phase] * more) * slowness + checkingMs)
  }
  return {
    commitMs: longer('commitMs', CHECKS.commitMs),
    revealMs: longer('revealMs', CHECKS.revealMs),
    listMs: longer('listMs', CHECKS.listMs),
    roundMs: longer('roundMs', CHECKS.roundMs),
    rankDelayMs: longer('rankDelayMs'),
    leadMs: longer('leadMs'),
  }
}

/** Why the machine may be too small, and what to do; undefined if it is not. */
export function warningOf(size: Size, machine: Machine): string | undefined {
  const { verifiers, providers, claimKbps } = size
  const { cores } = machine
  if (claimKbps > CARRIED_KBPS * cores) {
    return `This machine carries sessions of about ${Math.floor((CARRIED_KBPS * cores) / 1000)} Mbit/s, and the claim is ${claimKbps / 1000}: readings may be low. Pass a lower --claim.`
  }
  const most = Math.floor(((1 - LEAST_SESSIONS_SHARE) * usableMs(machine)) / IDLE_MS)
  if (verifiers + providers <= most) return undefined
  return `This machine carries about ${Math.max(1, most)} nodes, and the network has ${verifiers + providers}: some of them may be too late. Pass fewer --verifiers or --providers, or take a machine with more cores.`
}
