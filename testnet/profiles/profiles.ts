/** Every profile by the name that `--providers` takes. */
import { blackhole } from './blackhole.js'
import { padder } from './charging/padder.js'
import { repeater } from './charging/repeater.js'
import { tollgate } from './charging/tollgate.js'
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
import { vanisher } from './vanisher.js'

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

/** Providers that cheat at users' cost. `npm run bench -- cheat --market` measures what each of them gains. */
export const MARKET_CHEATS = { tollgate, padder, repeater } satisfies Record<string, ProviderProfile>

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
  vanisher,
  blackhole,
  ...MARKET_CHEATS,
  ...CHEATS,
}

/** Verifiers whose nodes deviate: `verifier-main.ts` runs them. What each does stands in its file in `verifiers/`. */
export const DEVIANTS = [
  'lazy',
  'friend',
  'copier',
  'equivocator',
  'colluder',
  'liar-low',
  'liar-high',
  'copycat',
  'withholder',
  'bad-leader',
  'spammer',
] as const
export type Deviant = (typeof DEVIANTS)[number]

/**
 * `honest` takes part in everything. `silent` is in the frozen set and takes part in nothing. `late` registers in the third
 * epoch, and so is in the next frozen set that has room for it. `twice` runs two processes with one set of keys, each with a
 * record of its own.
 */
export const VERIFIER_PROFILES = ['honest', 'silent', 'late', 'twice', ...DEVIANTS] as const
export type VerifierProfile = (typeof VERIFIER_PROFILES)[number]

/** What the others may expect of a verifier. */
interface VerifierConduct {
  /** Whether it signs every right report: `maybe` if it may not be up yet, or not be heard any more. */
  readonly signs: 'always' | 'maybe' | 'never'
  /** Whether its votes are made up: decoys must then catch it. */
  readonly lies: boolean
}

export const CONDUCT: Readonly<Record<VerifierProfile, VerifierConduct>> = {
  honest: { signs: 'always', lies: false },
  silent: { signs: 'never', lies: false },
  late: { signs: 'maybe', lies: false },
  twice: { signs: 'maybe', lies: false },
  lazy: { signs: 'always', lies: true },
  friend: { signs: 'always', lies: false },
  copier: { signs: 'always', lies: true },
  equivocator: { signs: 'always', lies: false },
  colluder: { signs: 'never', lies: false },
  'liar-low': { signs: 'always', lies: true },
  'liar-high': { signs: 'always', lies: true },
  copycat: { signs: 'always', lies: true },
  withholder: { signs: 'never', lies: false },
  'bad-leader': { signs: 'maybe', lies: false },
  spammer: { signs: 'maybe', lies: false },
}

/** The first epoch that colluders lie about: all nodes start from a report that they agree on. */
export const FIRST_SLANDER = 2
