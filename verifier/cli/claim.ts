import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'

/** @throws UserError 'usage' for a claim that the network's registry refuses, before anything is sent */
export function checkClaim(claimKbps: number, { name, params }: Pick<NetworkFile, 'name' | 'params'>): void {
  const { minClaimKbps } = params
  if (claimKbps >= minClaimKbps) return
  throw new UserError(
    'usage',
    `--claim is below ${minClaimKbps / 1000} Mbit/s, the least claim of network "${name}": a smaller one takes too long to measure. Claim more.`,
  )
}
