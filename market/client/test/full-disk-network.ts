import type { Hex } from '../../../proto/hex.js'

/** Of the purses in these tests. */
export const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
