/** Every profile by the name that `--providers` takes. */
import { bigbucket, bucket } from './cheats/bucket.js'
import { renter, sprinter } from './cheats/by-age.js'
import { chooser } from './cheats/chooser.js'
import { accomplice, crony } from './cheats/favours.js'
import { forger } from './cheats/forger.js'
import { inventor, rewriter } from './cheats/headers.js'
import { delayer, reorderer, stretcher } from './cheats/holding.js'
import { hollow } from './cheats/hollow.js'
import { guesser, replayer, truncater } from './cheats/invented.js'
import { twin } from './cheats/twin.js'
import { vip } from './cheats/vip.js'
import { decoy } from './decoy.js'
import { flaky } from './flaky.js'
import { honest } from './honest.js'
import { offline } from './offline.js'
import type { ProviderProfile } from './profile.js'
import { slow, throttled } from './slow.js'
import { dead, pretender, refuser, shunner } from './unserving.js'

/** Providers that try to look faster than they are. `npm run bench -- cheat` measures what each of them gains. */
export const CHEATS = {
  bucket,
  bigbucket,
  guesser,
  replayer,
  truncater,
  hollow,
  delayer,
  reorderer,
  stretcher,
  forger,
  crony,
  accomplice,
  twin,
  rewriter,
  inventor,
  chooser,
  renter,
  sprinter,
  vip,
} satisfies Record<string, ProviderProfile>

export type CheatName = keyof typeof CHEATS

export const PROVIDER_PROFILES: Readonly<Record<string, ProviderProfile>> = {
  honest,
  throttled,
  slow,
  flaky,
  offline,
  refuser,
  dead,
  shunner,
  pretender,
  decoy,
  ...CHEATS,
}

/**
 * These take part in everything, and come to their votes in their own manner. `lazy` votes every provider's claim. `friend`
 * measures and hands its readings to `copier`, which measures nothing.
 */
export const MANNERS_OF_VOTING = ['lazy', 'friend', 'copier'] as const
export type MannerOfVoting = (typeof MANNERS_OF_VOTING)[number]

/**
 * `honest` takes part in everything. `silent` is in the frozen set and takes part in nothing. `late` registers in the third
 * epoch, and so is in the next frozen set that has room for it. `equivocator` signs two commits and two ballots in every
 * epoch. `twice` runs two processes with one set of keys, each with a record of its own. `colluder` certifies, with the other
 * colluders, a penalty that no votes show.
 */
export const VERIFIER_PROFILES = [
  'honest',
  'silent',
  'late',
  'equivocator',
  'twice',
  'colluder',
  ...MANNERS_OF_VOTING,
] as const
export type VerifierProfile = (typeof VERIFIER_PROFILES)[number]

/** The first epoch that colluders lie about: all nodes start from a report that they agree on. */
export const FIRST_SLANDER = 2
