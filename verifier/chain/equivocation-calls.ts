/** The transactions that slash verifiers: the call of each, and how to tell that another node was first. */
import type { BlockTag } from 'ethers'
import type { Equivocation } from '../../proto/equivocation.js'
import { toHex } from '../../proto/hex.js'
import type { SignedHeader } from '../core/ports.js'
import type { ChainContext } from './context.js'
import type { Call } from './sender.js'

export const slashEquivocationCall = (
  { contracts: { equivocationSlasher } }: ChainContext,
  evidence: Equivocation,
  signature: Uint8Array,
): Call => ({
  contract: equivocationSlasher,
  method: 'slashEquivocation',
  args: [evidence, toHex(signature)],
  isDone: blockTag => equivocationSlasher.getFunction('isProven')(evidence.era, evidence.position, { blockTag }),
})

export function slashCertificatesCall(
  { contracts: { equivocationSlasher } }: ChainContext,
  first: SignedHeader,
  second: SignedHeader,
  accused: readonly number[],
): Call {
  const { era } = first.header
  const isDone = async (blockTag: BlockTag) => {
    const proven = accused.map(position => equivocationSlasher.getFunction('isProven')(era, position, { blockTag }))
    return (await Promise.all(proven)).every(one => one === true)
  }
  const lists = [first.nonSigners, second.nonSigners]
  const signatures = [toHex(first.signature), toHex(second.signature)]
  const args = [first.header, second.header, first.round, lists, signatures]
  return { contract: equivocationSlasher, method: 'slashCertificates', args, isDone }
}

export const collectCall = (
  { contracts: { equivocationSlasher } }: ChainContext,
  era: number,
  position: number,
): Call => ({
  contract: equivocationSlasher,
  method: 'collect',
  args: [era, position],
  isDone: async blockTag => (await equivocationSlasher.getFunction('owedFor')(era, position, { blockTag })) === 0n,
})
