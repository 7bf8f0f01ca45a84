/** What a relay carries without payment for one prefix of strangers. */

import type { CreditRule } from '../../probe/relay/credit.js'
import { shapeOf } from '../../probe/verdict/session-shape.js'
import type { NetworkParams } from '../../proto/params.js'
import { tokensNeeded } from '../../verifier/core/assignment/token-need.js'

/** Of a network so small that each verifier has many sessions at each provider. */
const VERIFIERS = 4

/** As much as the assignment may have one verifier send through a provider in an epoch: somebody who measures by hand needs no more. */
export const strangersCredit = (params: NetworkParams, claimKbps: number): CreditRule => ({
  bytes: tokensNeeded(params, VERIFIERS, 1) * shapeOf(claimKbps).budgetBytes,
  periodMs: params.epochSeconds * 1000,
})
