/** The shortest epoch that a mix of nodes allows, so that a short run shows many epochs. */
import { DIRECT_MS, START_LEAD_MS } from '../../probe/constants.js'
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { soakSlotMs } from '../../verifier/config/check-params.js'
import { UserError } from '../../verifier/config/errors.js'
import { tailMs } from '../../verifier/core/assignment/assign.js'
import { groupSize } from '../../verifier/core/assignment/receiver-groups.js'
import { carried, type Size } from './carried.js'
import type { Machine } from './machine.js'

/** From the end of the last session to that of the epoch: time for a late session and its checking. */
const MARGIN_MS = 700

/** The facts about a run that decide how long its epochs are. */
export interface Shape extends Size {
  /** every session is a soak */
  readonly soaks: boolean
}

/** Each session has a second try, in a slot of its own. */
const TRIES = 2
/** An epoch has at least so many ticks. */
const LEAST_TICKS = 8
/** The verifiers agree on an epoch within the next one, even if the first two leaders are down. */
const LEAST_LEADERS = 3

/**
 * Every provider has a session with each of its receivers, `lanes` sessions run at once, and a provider's own sessions never
 * overlap: max(⌈n·P / lanes⌉, n) slots, and as many for the second tries.
 */
export function testnetParams(shape: Shape, machine: Machine): NetworkParams {
  const params = { ...DEVNET, ...carried(shape, machine) }
  const rounds = Math.max(Math.ceil((params.receivers * shape.providers) / params.lanes), params.receivers)
  return paramsFor(TRIES * rounds, shape.soaks ? soaking(params) : params)
}

/**
 * The same for verifiers with little capacity. Two sessions are then sure to fit into one round only if they belong to one
 * group. A slot has room for the handshakes of a group, so that no group starts while another measures, and for the
 * direct probe, which uses capacity too.
 * @throws UserError 'usage' if no group of verifiers can take the claim
 */
export function narrowParams(shape: Shape, capacityKbps: number, machine: Machine): NetworkParams {
  const { verifiers, providers, claimKbps, soaks } = shape
  const carriedParams = carried(shape, machine)
  const receivers = Array.from({ length: carriedParams.receivers }, (_, i) => i)
  const size = groupSize({
    ...{ receivers, claimKbps, senders: Math.min(DEVNET.senders, verifiers - 1) },
    capacityKbps: new Map(receivers.map(receiver => [receiver, capacityKbps])),
    quorum: 2 * faultsTolerated(receivers.length) + 1,
  })
  if (size === undefined) {
    throw new UserError(
      'usage',
      `--capacity ${capacityKbps / 1000} is too little for a claim of ${claimKbps / 1000} Mbit/s, even for groups of verifiers.`,
    )
  }
  const rounds = Math.floor(receivers.length / size) * providers
  const slotMs = START_LEAD_MS + carriedParams.slotMs + DIRECT_MS
  const params = { ...DEVNET, ...carriedParams, offsetMs: START_LEAD_MS, slotMs }
  return paramsFor(TRIES * rounds, soaks ? soaking(params) : params)
}

const soaking = (params: NetworkParams): NetworkParams => ({
  ...params,
  soakShareBps: 10_000,
  slotMs: Math.max(params.slotMs, soakSlotMs(params)),
})

function paramsFor(rounds: number, params: NetworkParams): NetworkParams {
  const { commitMs, revealMs, listMs, roundMs, leadMs, slotMs, tickMs } = params
  const measureMs = leadMs + rounds * slotMs + tailMs(slotMs) + MARGIN_MS
  const agreeMs = commitMs + revealMs + listMs + LEAST_LEADERS * roundMs
  const epochSeconds = Math.ceil(Math.max(measureMs, agreeMs) / 1000)
  return { ...params, epochSeconds, tickMs: Math.min(tickMs, Math.floor((epochSeconds * 1000) / LEAST_TICKS)) }
}
