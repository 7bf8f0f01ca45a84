/** The row that tells the epoch of what is known by its hash alone, and so where its other rows are. */
import type { Hex } from '../../proto/hex.js'
import { KEY } from './layout.js'
import type { Row } from './sealed-rows.js'

export const epochRow = (epoch: number, hash: Hex): Row => [KEY.epochOf(hash), new TextEncoder().encode(String(epoch))]

export const epochFrom = (value: Uint8Array): number => Number(new TextDecoder().decode(value))
