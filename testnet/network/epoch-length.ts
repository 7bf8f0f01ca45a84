/** The shortest epoch that a mix of nodes allows, so that a short run shows many epochs. */
import { DIRECT_MS, START_LEAD_MS } from '../../probe/constants.js'
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { soakSlotMs } from '../../verifier/config/check-params.js'
import { UserError } from '../../verifier/config/errors.js'
import { tailMs } from '../../verifier/core/assignment/assign.js'
import { groupSize } from '../../verifier/core/assignment/receiver-groups.js'
import type { TestnetOptions } from './options.js'

/** From the end of the last session to that of the epoch: time for a late session and its checking. */
const MARGIN_MS = 700

/** The facts about a run that decide how long its epochs are. */
export interface Shape {
  readonly verifiers: number
  readonly providers: number
  /** every session is a soak */
  readonly soaks: boolean
}

/**
 * What a verifier that shares the cores with many others needs beyond the usual lead, before its first slot: all of them
 * agree about the last epoch and read the facts of the new one at that time.
 */
const LEAD_MS_EACH_MORE = 400
const USUAL_VERIFIERS = 5

/** Each session has a second try, in a slot of its own. */
const TRIES = 2

/**
 * Every provider has a session with every verifier as receiver, `lanes` sessions run at once, and a provider's own
 * sessions never overlap: max(⌈V·P / lanes⌉, V) slots, and as many for the second tries.
 */
export function testnetParams({ verifiers, providers, soaks }: Shape): NetworkParams {
  const receivers = Math.min(verifiers, DEVNET.receivers)
  const rounds = Math.max(Math.ceil((receivers * providers) / DEVNET.lanes), receivers)
  return paramsFor(TRIES * rounds, verifiers, soaks ? soaking(DEVNET) : DEVNET)
}

/**
 * The same for verifiers with little capacity. Two sessions are then sure to fit into one round only if they belong to one
 * group. A slot has room for the handshakes of a group, so that no group starts while another measures, and for the
 * direct probe, which uses capacity too.
 * @throws UserError 'usage' if no group of verifiers can take the claim
 */
export function narrowParams(
  { verifiers, providers, soaks }: Shape,
  { claimKbps, capacityKbps }: Pick<TestnetOptions, 'claimKbps'> & { readonly capacityKbps: number },
): NetworkParams {
  const receivers = Array.from({ length: Math.min(verifiers, DEVNET.receivers) }, (_, i) => i)
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
  const slotMs = START_LEAD_MS + DEVNET.slotMs + DIRECT_MS
  const params = { ...DEVNET, offsetMs: START_LEAD_MS, slotMs }
  return paramsFor(TRIES * rounds, verifiers, soaks ? soaking(params) : params)
}

const soaking = (params: NetworkParams): NetworkParams => ({
  ...params,
  soakShareBps: 10_000,
  slotMs: soakSlotMs(params),
})

function paramsFor(rounds: number, verifiers: number, params: NetworkParams): NetworkParams {
  const leadMs = params.leadMs + LEAD_MS_EACH_MORE * Math.max(0, verifiers - USUAL_VERIFIERS)
  const seconds = Math.ceil((leadMs + rounds * params.slotMs + tailMs(params.slotMs) + MARGIN_MS) / 1000)
  return { ...params, leadMs, epochSeconds: seconds }
}
