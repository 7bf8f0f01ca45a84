/** The reason of a revert, in words. */
import { type Interface, isError } from 'ethers'

/** Why a call reverted; undefined for an error of another kind, such as a lost connection. */
export function revertReason(error: unknown, errors: Interface): string | undefined {
  if (!isError(error, 'CALL_EXCEPTION')) return undefined
  const { data, reason } = error
  if (!data || data === '0x') return reason ?? 'reverted without a reason'
  const custom = errors.parseError(data)
  if (!custom) return reason ?? `reverted with ${data}`
  const args = custom.fragment.inputs.map((input, i) => `${input.name || i}=${String(custom.args[i])}`)
  return args.length === 0 ? custom.name : `${custom.name}(${args.join(', ')})`
}
