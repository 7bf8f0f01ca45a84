/** An epoch that is just long enough for a mix, so that a short run shows many epochs. */
import { DIRECT_MS, START_LEAD_MS } from '../../probe/constants.js'
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { soakSlotMs } from '../../verifier/config/check-params.js'
import { UserError } from '../../verifier/config/errors.js'
import { groupSize } from '../../verifier/core/assignment/receiver-groups.js'
import type { TestnetOptions } from './options.js'

/** From the last slot to the epoch's end: what a direct probe, a late session and its checking may take. */
const MARGIN_MS = 700
const SHORTEST_SECONDS = 10

/** What of a run decides how long its epochs are. */
export interface Shape {
  readonly verifiers: number
  readonly providers: number
  /** every session is one */
  readonly soaks: boolean
}

/**
 * Every provider has a session with every verifier as receiver, `lanes` sessions run at once, and a provider's own
 * sessions never overlap: max(⌈V·P / lanes⌉, V) slots.
 */
export function testnetParams({ verifiers, providers, soaks }: Shape): NetworkParams {
  const receivers = Math.min(verifiers, DEVNET.receivers)
  const rounds = Math.max(Math.ceil((receivers * providers) / DEVNET.lanes), receivers)
  return paramsFor(rounds, soaks ? soaking(DEVNET) : DEVNET)
}

/**
 * The same where verifiers can take little: then no two sessions can be counted on to fit into one round, except those of
 * a group. Slots have room for the handshakes of a group, so that none begins while another group measures, and for the
 * direct probe, which takes capacity too.
 * @throws UserError 'usage' where no group of them can take the claim
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
    throw new UserError('usage', `--capacity ${capacityKbps / 1000} is too little for a claim of ${claimKbps / 1000}.`)
  }
  const rounds = Math.floor(receivers.length / size) * providers
  const slotMs = START_LEAD_MS + DEVNET.slotMs + DIRECT_MS
  const params = { ...DEVNET, offsetMs: START_LEAD_MS, slotMs }
  return paramsFor(rounds, soaks ? soaking(params) : params)
}

const soaking = (params: NetworkParams): NetworkParams => ({
  ...params,
  soakShareBps: 10_000,
  slotMs: soakSlotMs(params),
})

function paramsFor(rounds: number, params: NetworkParams): NetworkParams {
  const seconds = Math.ceil((params.leadMs + rounds * params.slotMs + MARGIN_MS) / 1000)
  return { ...params, epochSeconds: Math.max(SHORTEST_SECONDS, seconds) }
}
