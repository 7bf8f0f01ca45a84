/** The hash that a machine's speed is told by. */
import { hashInput } from '../../../proto/keccak.js'

const HASHES = 300_000
const ROUNDS = 3

/** Seconds of one bare Keccak of 64 bytes: of several rounds the fastest, which other work of the machine disturbed least. */
export function secondsOfHash(): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const from = performance.now()
    for (let i = 0; i < HASHES; i++) hashInput(64)
    return (performance.now() - from) / 1000 / HASHES
  })
  return Math.min(...rounds)
}
