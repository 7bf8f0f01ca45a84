/**
 * Which exit it is. QUIC's handshake shows that the exit has the key of the certificate, and the certificate's hash stands
 * beside the exit's public key where the client found it. No authority signs the certificate.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * @param certificate DER
 * @param hash SHA-256 of the DER form, as `openssl x509 -fingerprint -sha256` prints it
 */
export function hasHash(certificate: Uint8Array, hash: Uint8Array): boolean {
  const found = createHash('sha256').update(certificate).digest()
  return hash.length === found.length && timingSafeEqual(found, hash)
}
