/** What each deviating profile changes in a verifier's node. Loads the whole node. */
import type { NodeSettings } from '../../../verifier/cli/node-settings.js'
import { type Measure, measureEpoch } from '../../../verifier/node/measuring.js'
import type { Deviant } from '../profiles.js'
import { proposeWrongly } from './bad-leader.js'
import { collude } from './colluder.js'
import { copyFriend, measureForFriend } from './copier.js'
import { copyPeers } from './copycat.js'
import { equivocate } from './equivocator.js'
import { measureNothing } from './lazy.js'
import { lying, votedHigh, votedLow } from './liars.js'
import { spam } from './spammer.js'
import { withhold } from './withholder.js'

/**
 * Changes the node of this process before the node starts.
 * @param sharedDir a directory that all verifiers of a run share
 * @returns how the node comes to its votes
 */
type Deviation = (settings: NodeSettings, sharedDir: string) => Measure

const measuring =
  (change: (settings: NodeSettings) => void): Deviation =>
  settings => {
    change(settings)
    return measureEpoch
  }

export const DEVIATIONS: Readonly<Record<Deviant, Deviation>> = {
  lazy: () => measureNothing,
  friend: (_, sharedDir) => measureForFriend(sharedDir),
  copier: (_, sharedDir) => copyFriend(sharedDir),
  equivocator: measuring(equivocate),
  colluder: collude,
  'liar-low': () => lying(votedLow),
  'liar-high': () => lying(votedHigh),
  copycat: copyPeers,
  withholder: measuring(withhold),
  'bad-leader': measuring(proposeWrongly),
  spammer: () => spam,
}
