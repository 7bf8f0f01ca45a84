/**
 * Every digest that a node signs or commits to begins with one of these words. So a signature for one purpose never
 * serves another. The contracts hold the same values, and tests of both compare them with `vectors/digests.json`.
 */
import { keccakText } from './hash.js'
import type { Hex } from './hex.js'

const domain = (name: string): Hex => keccakText(`bandwitness/v1/${name}`)

export const DOMAIN = {
  beacon: domain('beacon'),
  session: domain('session'),
  schedule: domain('schedule'),
  commit: domain('commit'),
  ballot: domain('ballot'),
  seen: domain('seen'),
  proposal: domain('proposal'),
  header: domain('header'),
  report: domain('report'),
  presence: domain('presence'),
  proofOfPossession: domain('proof-of-possession'),
  reward: domain('reward'),
  decoy: domain('decoy'),
  channel: domain('channel'),
  lane: domain('lane'),
  served: domain('served'),
  laneSession: domain('lane-session'),
} as const
