/**
 * The BLS library with its native backend. Without the native package the library silently falls back to a backend that
 * is five times slower, and a verifier would notice only by missed epochs. So whoever signs or checks asks for the native
 * one first.
 */
import { createRequire } from 'node:module'
import bls from '@chainsafe/bls'
import { UserError } from '../config/errors.js'

const NATIVE = 'blst-native'

/** The backend that the library found: `blst-native`, or `herumi`, which is WebAssembly. */
export const implementation: string = bls.implementation

export const isNative = implementation === NATIVE

/** What to do about another backend than the native one. */
export const NATIVE_ADVICE = 'Run npm ci on this machine, so that @chainsafe/blst finds its native package.'

/** @throws UserError 'configuration' if the backend is another one */
export function requireNative(): void {
  if (isNative) return
  throw new UserError('configuration', `BLS runs on "${implementation}" instead of "${NATIVE}". ${NATIVE_ADVICE}`)
}

/**
 * The native library itself, which checks many signatures at once. Loading the module without its native package throws, so
 * it is loaded only when somebody calls this.
 * @throws UserError 'configuration' if the backend is another one
 */
export function native(): typeof import('@chainsafe/blst') {
  requireNative()
  return createRequire(import.meta.url)('@chainsafe/blst')
}

export default bls
