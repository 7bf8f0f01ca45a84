/** The transactions of a running node: the call of each, and how to tell that another node was first. */
import type { Header } from '../../proto/header.js'
import { toHex, ZERO_HASH } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { MultiProof } from '../../proto/merkle.js'
import type { Refutation } from '../core/ports.js'
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

/** @param leaves in the order of the multiproof */
export const settleCall = (
  { contracts: { slashingManager } }: ChainContext,
  header: Header,
  leaves: readonly Leaf[],
  { proof, flags }: MultiProof,
): Call => ({
  contract: slashingManager,
  method: 'settleBatch',
  args: [header, leaves, proof, flags],
  isDone: async blockTag => {
    const isSettled = slashingManager.getFunction('isSettled')
    const settled = await Promise.all(leaves.map(({ epoch, provider }) => isSettled(epoch, provider, { blockTag })))
    return settled.every(Boolean)
  },
})

export const refuteCall = (
  { contracts: { slashingManager } }: ChainContext,
  { headers, leaf, proof, previousEpoch, assigned, votes }: Refutation,
): Call => ({
  contract: slashingManager,
  method: 'refute',
  args: [headers, leaf, proof, previousEpoch, assigned, votes],
  isDone: blockTag => slashingManager.getFunction('isSettled')(leaf.epoch, leaf.provider, { blockTag }),
})

export const noteBlockCall = ({ contracts: { epochReports } }: ChainContext, blockNumber: number): Call => ({
  contract: epochReports,
  method: 'noteBlock',
  args: [blockNumber],
  isDone: async blockTag => (await epochReports.getFunction('notedBlock')(blockNumber, { blockTag })) !== ZERO_HASH,
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
