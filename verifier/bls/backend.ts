/**
 * The BLS library with its native backend. Without the native package the library silently falls back to a backend that
 * is five times slower, and a verifier would notice only by missed epochs. So every user of the library gets it from
 * here, where the backend is checked once.
 */
import bls from '@chainsafe/bls'

if (bls.implementation !== 'blst-native') {
  throw new Error(
    `BLS runs on "${bls.implementation}" instead of "blst-native". Run npm ci on this machine, so that @chainsafe/blst finds its native package.`,
  )
}

export default bls
