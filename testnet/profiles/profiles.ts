/** Every profile by the name that `--providers` takes. */
import { flaky } from './flaky.js'
import { honest } from './honest.js'
import { offline } from './offline.js'
import type { ProviderProfile } from './profile.js'
import { slow, throttled } from './slow.js'
import { dead, refuser } from './unserving.js'

export const PROVIDER_PROFILES: Readonly<Record<string, ProviderProfile>> = {
  honest,
  throttled,
  slow,
  flaky,
  offline,
  refuser,
  dead,
}

/**
 * honest takes part in everything; silent holds a place in the set and takes part in nothing; late registers in the
 * third epoch, and so belongs to the next frozen set.
 */
export const VERIFIER_PROFILES = ['honest', 'silent', 'late'] as const
export type VerifierProfile = (typeof VERIFIER_PROFILES)[number]
