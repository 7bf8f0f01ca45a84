/** How the profiles of verifiers that do not just measure come to their votes. Loads a verifier's whole node. */
import type { Measure } from '../../../verifier/node/measuring.js'
import type { MannerOfVoting } from '../profiles.js'
import { copyFriend, measureForFriend } from './copier.js'
import { measureNothing } from './lazy.js'

/** @param sharedDir a directory that all verifiers of a run share */
type Manner = (sharedDir: string) => Measure

export const MANNERS: Readonly<Record<MannerOfVoting, Manner>> = {
  lazy: () => measureNothing,
  friend: measureForFriend,
  copier: copyFriend,
}
