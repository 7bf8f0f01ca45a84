/** What an exit sends after a flow: how many bytes the flow had, and their hash. */
const BYTES_CHARS = 16
const HASH_CHARS = 64
export const TRAILER_BYTES = BYTES_CHARS + HASH_CHARS

export const trailerOf = (bytes: number, hash: string): string => `${String(bytes).padStart(BYTES_CHARS, '0')}${hash}`

export const readTrailer = (text: string): { bytes: number; hash: string } => ({
  bytes: Number(text.slice(0, BYTES_CHARS)),
  hash: text.slice(BYTES_CHARS),
})
