/** JSON with amounts of tokens, as texts that end in "n". */

export const encodeJson = (value: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? `${field}n` : field)))

/** @param amounts names of the fields that hold amounts, at whatever depth */
export const decodeJson = (value: Uint8Array, amounts: readonly string[]): unknown =>
  JSON.parse(new TextDecoder().decode(value), (name, field) =>
    amounts.includes(name) ? BigInt((field as string).slice(0, -1)) : field,
  )
