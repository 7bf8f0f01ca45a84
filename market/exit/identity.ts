/**
 * Who an exit is: a key for legs (X25519), and a certificate for QUIC. `exit.json` is public and goes into the offer;
 * `exit-keys.json` is secret.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { keyPairOf } from '../../probe/tunnel/index.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { UserError } from '../../verifier/config/errors.js'
import { parseJson } from '../../verifier/config/parse-json.js'
import { unreadableBecause } from '../../verifier/config/unreadable.js'
import { notWritten, writeWhole } from '../../verifier/config/whole-file.js'
import { selfSigned } from './certificate.js'

export interface ExitIdentity {
  /** secret, 32 bytes */
  readonly key: Uint8Array
  /** PEM */
  readonly certificate: Uint8Array
  /** PEM, secret */
  readonly certificateKey: Uint8Array
  readonly public: PublicIdentity
}

/** What an offer names. */
export interface PublicIdentity {
  readonly publicKey: Hex
  /** SHA-256 of the certificate's DER form */
  readonly certHash: Hex
}

const OWNER_ONLY = 0o600
const KEY_BYTES = 32
const secretFile = z.strictObject({
  key: z.string().regex(/^0x[0-9a-f]{64}$/),
  certificate: z.string(),
  certificateKey: z.string(),
})

const secretPath = (dataDir: string): string => join(dataDir, 'exit-keys.json')
/** For `provider offer --exit`. */
export const publicPath = (dataDir: string): string => join(dataDir, 'exit.json')

/** Makes a new identity. @throws UserError if there is one already, or it cannot be written */
export async function makeIdentity(
  dataDir: string,
  randomBytes: (length: number) => Uint8Array,
): Promise<ExitIdentity> {
  const secret = { key: toHex(randomBytes(KEY_BYTES)), ...selfSigned('bandwitness exit') }
  const identity = identityOf(secret)
  try {
    await mkdir(dataDir, { recursive: true })
    await writeWhole(secretPath(dataDir), `${JSON.stringify(secret, null, 2)}\n`, { place: 'new', mode: OWNER_ONLY })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(secretPath(dataDir), cause)
    throw new UserError(
      'usage',
      `${secretPath(dataDir)} exists already. Its keys are never replaced: use it, or choose another --data-dir.`,
    )
  }
  await writeWhole(publicPath(dataDir), `${JSON.stringify(identity.public, null, 2)}\n`, { place: 'replace' }).catch(
    cause => {
      throw notWritten(publicPath(dataDir), cause)
    },
  )
  return identity
}

/** @throws UserError */
export async function readIdentity(dataDir: string): Promise<ExitIdentity> {
  const path = secretPath(dataDir)
  const text = await readFile(path, 'utf8').catch(cause => {
    const todo = cause.code === 'ENOENT' ? ' Make one with `bandwitness exit init`.' : ''
    throw new UserError('configuration', `Cannot use ${path}: ${unreadableBecause(cause)}.${todo}`, { cause })
  })
  try {
    return identityOf(secretFile.parse(parseJson(text)))
  } catch (cause) {
    throw new UserError('configuration', `Cannot use ${path}: it is damaged. Restore it from your copy.`, { cause })
  }
}

function identityOf({ key, certificate, certificateKey }: z.infer<typeof secretFile>): ExitIdentity {
  const secret = fromHex(key as Hex)
  const certHash = createHash('sha256').update(new X509Certificate(certificate).raw).digest()
  return {
    key: secret,
    certificate: Buffer.from(certificate),
    certificateKey: Buffer.from(certificateKey),
    public: { publicKey: toHex(keyPairOf(secret).publicKey), certHash: toHex(certHash) },
  }
}
