/** The transactions of a running node: the call of each, and how to tell that another node was first. */
import type { Header } from '../../proto/header.js'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { ChainContext } from './context.js'
import { REGISTRY } from './log-events.js'
import type { Call } from './sender.js'

export const postCall = (
  { contracts: { epochReports } }: ChainContext,
  header: Header,
  round: number,
  nonSigners: readonly number[],
  signature: Uint8Array,
): Call => ({
  contract: epochReports,
  method: 'post',
  args: [header, round, nonSigners, toHex(signature)],
  isDone: async blockTag => (await epochReports.getFunction('headerHashOf')(header.epoch, { blockTag })) !== ZERO_HASH,
})

export const freezeCall = ({ contracts: { verifierRegistry } }: ChainContext, era: number): Call => ({
  contract: verifierRegistry,
  method: 'freeze',
  args: [era],
  isDone: blockTag => verifierRegistry.getFunction('isFrozen')(era, { blockTag }),
})

export const startCall = ({ contracts: { verifierRegistry } }: ChainContext): Call => ({
  contract: verifierRegistry,
  method: 'start',
  args: [],
  isDone: async blockTag => (await verifierRegistry.getFunction('genesis')({ blockTag })) !== 0n,
})

export const settleCall = (
  { contracts: { slashingManager } }: ChainContext,
  leaf: Leaf,
  proof: readonly Hex[],
): Call => ({
  contract: slashingManager,
  method: 'settle',
  args: [leaf, proof],
  isDone: blockTag => slashingManager.getFunction('isSettled')(leaf.epoch, leaf.provider, { blockTag }),
})

/** No other account can announce in this account's name, so a refusal is always a refusal. */
export const announceCall = (
  { contracts }: ChainContext,
  role: keyof typeof REGISTRY,
  peerId: string,
  multiaddrs: readonly string[],
): Call => ({
  contract: contracts[REGISTRY[role]],
  method: 'announce',
  args: [peerId, multiaddrs],
  isDone: async () => false,
})
