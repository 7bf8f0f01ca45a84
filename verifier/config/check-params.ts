/** Which parameters go together. */
import { DIRECT_MS, MAX_BUDGET_MS, OVERHEAD_MS, soakDataMs } from '../../probe/constants.js'
import type { NetworkParams } from '../../proto/params.js'

/** Why no network can run with these parameters; undefined if one can. */
export function paramsFault(params: NetworkParams): string | undefined {
  const { soakShareBps, soakMs, slotMs } = params
  if (soakShareBps > 10_000) return 'soakShareBps is more than the whole'
  if (soakShareBps === 0) return undefined
  if (soakDataMs(soakMs) > MAX_BUDGET_MS) return `soakMs ${soakMs} is more than a relay lends to a session`
  const neededMs = soakSlotMs(params)
  return slotMs < neededMs ? `slotMs has no room for a soak: it takes ${neededMs} ms with soakMs ${soakMs}` : undefined
}

/** The shortest slot that has room for a soak, wherever in it that begins. */
export const soakSlotMs = ({ soakMs, offsetMs }: Pick<NetworkParams, 'soakMs' | 'offsetMs'>): number =>
  offsetMs + soakDataMs(soakMs) + DIRECT_MS + OVERHEAD_MS
