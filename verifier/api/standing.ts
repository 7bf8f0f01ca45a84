/** Where a verifier stands in its epoch. */
import type { VerifierNode } from '../node/verifier-node.js'

export interface StandingJson {
  readonly state: string
  readonly sentence: string
}

export function standingOf({ chain, epochs }: Pick<VerifierNode, 'chain' | 'epochs'>): StandingJson {
  const fault = chain.health.sentence
  const sentence = epochs?.reports.alarm ?? epochs?.sentence ?? 'waiting for the network to start'
  return { state: epochs?.phase ?? 'waiting', sentence: fault === undefined ? sentence : `${sentence}; ${fault}` }
}
