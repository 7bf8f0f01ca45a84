/** The size and the parameters of a simulated network, and the worlds that run in it. */
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { soakSlotMs } from '../../verifier/config/check-params.js'
import type { Behaviour } from './behaviours.js'
import type { Strategy } from './strategies.js'

export interface SimulatedNetwork {
  readonly name: string
  /** N */
  readonly verifiers: number
  /** n */
  readonly receivers: number
  /** k */
  readonly senders: number
  readonly windowEpochs: number
  readonly soakShareBps: number
}

export interface World {
  readonly behaviour: Behaviour
  /** undefined if nobody colludes */
  readonly strategy: Strategy | undefined
  /** of the verifiers that collude */
  readonly share: number
  readonly epochs: number
}

/** Epochs of an hour, and ticks of ten minutes, as on a real network. */
export const paramsOf = ({ receivers, senders, windowEpochs, soakShareBps }: SimulatedNetwork): NetworkParams => ({
  ...DEVNET,
  ...{ receivers, senders, windowEpochs, soakShareBps, eraEpochs: windowEpochs, lanes: 0 },
  ...{ epochSeconds: 3600, tickMs: 600_000, slotMs: soakSlotMs(DEVNET) },
})
