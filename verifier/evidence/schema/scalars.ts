/**
 * Values that many JSON shapes hold. Rates are kbit/s, shares basis points, amounts of tokens decimal strings of wei;
 * hashes and addresses are lower-case hexadecimal with a `0x` prefix.
 */
import { z } from 'zod'
import type { AbiFields, AbiType, AbiValue } from '../../../proto/abi.js'

const hex = (digits: RegExp) => z.templateLiteral(['0x', z.string().regex(digits)])

export const hash = hex(/^[0-9a-f]{64}$/)
export const address = hex(/^[0-9a-f]{40}$/)
export const bytes = hex(/^(?:[0-9a-f]{2})*$/)

export const count = z.int().nonnegative()
/** At most 2^256. */
export const wei = z.string().regex(/^(?:0|[1-9][0-9]{0,77})$/)

export const listOf = <T extends z.ZodType>(item: T) => z.array(item).readonly()

const unsigned = (bits: number) => count.max(Math.min(2 ** bits - 1, Number.MAX_SAFE_INTEGER))

const ABI_VALUES = {
  bool: z.boolean(),
  uint8: unsigned(8),
  uint16: unsigned(16),
  uint32: unsigned(32),
  uint64: unsigned(64),
  uint256: z.bigint(),
  address,
  bytes32: hash,
} satisfies { [T in AbiType]: z.ZodType<AbiValue<T>> }

/** A record of the protocol as JSON: one property a field, in their order. */
export const recordOf = <F extends AbiFields>(fields: F) =>
  z.object(
    Object.fromEntries(fields.map(([name, type]) => [name, ABI_VALUES[type]])) as unknown as {
      [E in F[number] as E[0]]: (typeof ABI_VALUES)[E[1]]
    },
  )
