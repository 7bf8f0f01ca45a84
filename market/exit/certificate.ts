/**
 * A certificate that an exit signs itself: X.509 of the first version (RFC 5280, section 4.1), without extensions. Nobody
 * reads anything in it but its key, and clients know its hash. Libraries that make certificates bring some fifteen packages.
 */
import { generateKeyPairSync, sign } from 'node:crypto'

export interface Certificate {
  /** PEM */
  readonly certificate: string
  /** PEM, PKCS #8 */
  readonly certificateKey: string
}

// Tags of DER (ITU-T X.690).
const [INTEGER, BIT_STRING, OBJECT_ID, UTF8, UTC_TIME, TIME, SEQUENCE, SET] = [2, 3, 6, 12, 23, 24, 0x30, 0x31]
/** ecdsa-with-SHA256: 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)
/** commonName: 2.5.4.3 */
const COMMON_NAME = Uint8Array.of(0x55, 0x04, 0x03)
const NOT_BEFORE = '700101000000Z'
/** RFC 5280, section 4.1.2.5: no well-defined expiry */
const NOT_AFTER = '99991231235959Z'
const LONG_LENGTH = 0x80
const LINE = 64

export function selfSigned(name: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_SHA256))
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8, Buffer.from(name)))))
  const validity = der(SEQUENCE, der(UTC_TIME, Buffer.from(NOT_BEFORE)), der(TIME, Buffer.from(NOT_AFTER)))
  const serial = der(INTEGER, Uint8Array.of(1))
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const signed = der(SEQUENCE, serial, algorithm, subject, validity, subject, key)
  const signature = der(BIT_STRING, Uint8Array.of(0), sign('sha256', signed, privateKey))
  return {
    certificate: pem('CERTIFICATE', der(SEQUENCE, signed, algorithm, signature)),
    certificateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const length = content.length < LONG_LENGTH ? [content.length] : longLength(content.length)
  return Buffer.concat([Uint8Array.of(tag, ...length), content])
}

function longLength(length: number): number[] {
  const bytes: number[] = []
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff)
  return [LONG_LENGTH | bytes.length, ...bytes]
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g'))!
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
