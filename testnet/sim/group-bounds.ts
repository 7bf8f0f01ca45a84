/**
 * The same bounds for a claim that groups of receivers measure. One liar spoils a group, so the bounds count groups. The
 * frozen set is large compared with n, which is the worse case.
 * Derived in docs/research/cheats-derivations.md, section 7.
 */
import { faultsTolerated } from '../../proto/quorum.js'
import { type Committee, sendersAtLeast, sendersToSpoil } from './bounds.js'
import { binomial } from './odds.js'

export interface GroupCommittee extends Omit<Committee, 'verifiers'> {
  /** g; 1 if each receiver measures alone */
  readonly size: number
}

interface GroupCounts {
  /** with a colluding receiver */
  readonly colluding: number
  /** only honest receivers, in each try at least one with more than f' lying senders */
  readonly spoilt: number
  readonly sound: number
}

const ofOneAtLeast = (chance: number, size: number): number => 1 - (1 - chance) ** size

/** @param holds whether the event happens with so many groups of each kind; `isQuorum` tells whether so many groups hold a quorum of receivers */
function overGroups(
  committee: GroupCommittee,
  holds: (counts: GroupCounts, isQuorum: (groups: number) => boolean) => boolean,
): number {
  const { receivers, senders, share, size } = committee
  const groups = Math.floor(receivers / size)
  const isQuorum = (count: number): boolean => size * count >= 2 * faultsTolerated(receivers) + 1
  const liar = ofOneAtLeast(share, size)
  const spoilt = ofOneAtLeast(sendersAtLeast({ receivers, senders, share }, sendersToSpoil(senders)), size) ** 2
  let sum = 0
  for (let l = 0; l <= groups; l++) {
    for (let e = 0; e <= groups - l; e++) {
      const counts = { colluding: l, spoilt: e, sound: groups - l - e }
      if (holds(counts, isQuorum)) sum += binomial(groups, liar, l) * binomial(groups - l, spoilt, e)
    }
  }
  return Math.min(1, sum)
}

/** P(colluders have a part in the certified rate): most usable groups have a liar. */
export const capturedByGroups = (of: GroupCommittee): number =>
  overGroups(of, ({ colluding, spoilt, sound }, isQuorum) => {
    // They spoil no more groups than the quorum can spare.
    let usable = colluding + spoilt + sound
    while (usable > colluding + sound && isQuorum(usable - 1)) usable--
    return isQuorum(usable) && colluding > usable - colluding
  })

/** P(a window of an honest provider is a breach). */
export const framedByGroups = (of: GroupCommittee): number =>
  overGroups(of, ({ colluding, spoilt }, isQuorum) => isQuorum(colluding + spoilt))

/** P(a window of a provider below the slashing threshold is no breach). */
export const vetoedByGroups = (of: GroupCommittee): number => overGroups(of, ({ sound }, isQuorum) => !isQuorum(sound))

/** The largest share, in hundredths, up to which the odds do not exceed `most`. */
export function largestShare(
  of: Omit<GroupCommittee, 'share'>,
  odds: (of: GroupCommittee) => number,
  most: number,
): number {
  let hundredths = 0
  while (hundredths < 100 && odds({ ...of, share: (hundredths + 1) / 100 }) <= most) hundredths++
  return hundredths / 100
}
