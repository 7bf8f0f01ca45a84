/** Evidence that verifiers equivocated, as a node stores it. */
import { codec } from './codec.js'
import { KIB } from './limits.js'

/** Of one verifier. */
export interface Contradiction {
  /** encoded Equivocation, see proto/equivocation.ts */
  statements: Uint8Array
  /** sum of both signatures, 96 bytes */
  signature: Uint8Array
}
/** Of whoever signed both. Encoded Certificates of one epoch and round, with different headers. */
export interface CertificatePair {
  first: Uint8Array
  second: Uint8Array
}
/** Exactly one is set. */
export interface Evidence {
  contradiction?: Contradiction
  certificates?: CertificatePair
}

export const Evidence = codec<Evidence>('Evidence', 8 * KIB)
