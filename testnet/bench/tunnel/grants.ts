/** Which claim leads to which grant. */
import { shapeOf } from '../../../probe/verdict/session-shape.js'

/** The highest claim whose sessions are granted no more than this rate. All in kbit/s at the IP layer. */
export function claimOf(grantKbps: number): number {
  let claim = grantKbps
  while (shapeOf(claim).rateKbps > grantKbps) claim--
  return claim
}
