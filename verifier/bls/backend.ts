/**
 * The BLS library with its native backend. Where that is missing the library falls back without a word to one that is
 * five times slower, which a verifier notices only when its epochs are missed: so it is checked here, once, by all.
 */
import bls from '@chainsafe/bls'

if (bls.implementation !== 'blst-native') {
  throw new Error(
    `BLS runs on "${bls.implementation}" instead of "blst-native": run npm ci again on this machine, so that @chainsafe/blst finds its native package.`,
  )
}

export default bls
