/**
 * Providers that may share one link are measured together, so that each gets credit only for its part of the link. If
 * they were measured one after another, two providers on one link would both get credit for the whole link.
 *
 * The leaves tell which providers share a link: each carries the address that the receivers of the last windows saw the
 * provider's datagrams come from. Providers of one link are measured at the same secret instants. So nobody can join the
 * group of another line to learn when that line is measured, as it could if announced addresses made the groups.
 */
import { keccakText, keccakWords } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import { groupBy } from '../group-by.js'
import { Draw } from './draw.js'

const GROUPS = keccakText('bandwitness/v1/draw/link-groups')

/**
 * Most providers that are measured together: one receiver takes in all their data at once. In a larger network the beacon
 * draws anew in every window which providers are measured together.
 */
const MOST_TOGETHER = 4

/** Every provider of the window in one group, ascending by index. A provider without a known link has a group of its own. */
export function linkGroups({
  windowBeacon,
  providers,
}: Pick<ChainFacts, 'windowBeacon' | 'providers'>): ActiveProvider[][] {
  const inWindow = providers.filter(one => one.inWindow)
  const groups = groupBy(inWindow, one => (one.link === ZERO_HASH ? one.account : one.link))
  return [...groups.values()].flatMap(group => split(group, windowBeacon))
}

function split(group: ActiveProvider[], beacon: Hex): ActiveProvider[][] {
  if (group.length <= MOST_TOGETHER) return [group]
  const draw = new Draw(keccakWords(['bytes32', 'bytes32', 'bytes32'], [beacon, GROUPS, group[0]!.link]))
  const drawn = draw.sample(group, group.length)
  const parts = Math.ceil(group.length / MOST_TOGETHER)
  return Array.from({ length: parts }, (_, part) => drawn.filter((_, i) => i % parts === part)).map(members =>
    members.sort((a, b) => a.index - b.index),
  )
}
