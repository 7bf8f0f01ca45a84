/** Every flood by its kind. */
import type { Flood } from './attacker.js'
import { bombs } from './floods/bombs.js'
import { connections } from './floods/connections.js'
import { nextEpoch } from './floods/next-epoch.js'
import { streams } from './floods/streams.js'
import { strippedBallots } from './floods/stripped-ballots.js'
import { syncBomb, syncPoison, syncStall } from './floods/sync-lies.js'
import { wrongSignatures } from './floods/wrong-signatures.js'
import type { AttackKind } from './messages.js'

export const FLOODS: Readonly<Record<AttackKind, Flood>> = {
  bombs,
  'wrong-signatures': wrongSignatures,
  'stripped-ballots': strippedBallots,
  'next-epoch': nextEpoch,
  streams,
  connections,
  'sync-stall': syncStall,
  'sync-bomb': syncBomb,
  'sync-poison': syncPoison,
}
