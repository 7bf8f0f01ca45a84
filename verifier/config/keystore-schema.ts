/**
 * The forms of an encrypted key: the Web3 secret storage of accounts, version 3, and the keystores of EIP-2335, whose
 * version is 4. A file from elsewhere may ask for any amount of work, so the cost of its password has bounds.
 */
import { z } from 'zod'

/** 128·n·r bytes of memory: 1 GiB, four times what geth and the deposit tool of Ethereum ask for. */
const MAX_SCRYPT_BLOCKS = 2 ** 23
/** n·r·p: some 20 seconds. */
const MAX_SCRYPT_WORK = 2 ** 25
const MAX_PBKDF2_ROUNDS = 2 ** 24

const KEY_BYTES = 32
const ADDRESS_BYTES = 20
const BLS_PUBLIC_KEY_BYTES = 48
const IV_BYTES = 16

const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^(0x)?([0-9a-fA-F]{2}){${bytes}}$`), `must be ${bytes} bytes in hexadecimal`)
const salt = z.string().regex(/^(0x)?([0-9a-fA-F]{2}){1,64}$/, 'must be 1 to 64 bytes in hexadecimal')
const count = z.number().int().positive()

const scryptParams = z
  .object({ dklen: z.literal(KEY_BYTES), n: count, r: count, p: count, salt })
  .refine(({ n }) => n > 1 && Number.isInteger(Math.log2(n)), 'has an n that is no power of two')
  .refine(({ n, r, p }) => n * r <= MAX_SCRYPT_BLOCKS && n * r * p <= MAX_SCRYPT_WORK, 'asks for too much work')

const pbkdf2Params = z.object({
  dklen: z.literal(KEY_BYTES),
  c: count.max(MAX_PBKDF2_ROUNDS, 'asks for too much work'),
  prf: z.literal('hmac-sha256'),
  salt,
})

const accountCipher = {
  cipher: z.literal('aes-128-ctr'),
  cipherparams: z.object({ iv: hexOf(IV_BYTES) }),
  ciphertext: hexOf(KEY_BYTES),
  mac: hexOf(KEY_BYTES),
}

/** The names of the fields are written in either case: ethers writes `Crypto`, as early versions of geth did. */
export const accountKeystore = z.preprocess(
  withLowerCaseCrypto,
  z.object({
    version: z.literal(3),
    id: z.string().optional(),
    address: hexOf(ADDRESS_BYTES).optional(),
    crypto: z.discriminatedUnion('kdf', [
      z.object({ kdf: z.literal('scrypt'), kdfparams: scryptParams, ...accountCipher }),
      z.object({ kdf: z.literal('pbkdf2'), kdfparams: pbkdf2Params, ...accountCipher }),
    ]),
  }),
)
export type AccountKeystore = z.infer<typeof accountKeystore>

const kdf = z.discriminatedUnion('function', [
  z.object({ function: z.literal('scrypt'), params: scryptParams, message: z.literal('') }),
  z.object({ function: z.literal('pbkdf2'), params: pbkdf2Params, message: z.literal('') }),
])

const secretKeystore = z.object({
  version: z.literal(4),
  uuid: z.string(),
  description: z.string().optional(),
  path: z.string(),
  crypto: z.object({
    kdf,
    checksum: z.object({ function: z.literal('sha256'), params: z.object({}), message: hexOf(KEY_BYTES) }),
    cipher: z.object({
      function: z.literal('aes-128-ctr'),
      params: z.object({ iv: hexOf(IV_BYTES) }),
      message: hexOf(KEY_BYTES),
    }),
  }),
})

export const blsKeystore = secretKeystore.extend({ pubkey: hexOf(BLS_PUBLIC_KEY_BYTES).optional() })
export type BlsKeystore = z.infer<typeof blsKeystore>

/** The keys of a node in its own file. The public parts tell whether a secret was decrypted to what was encrypted. */
export const encryptedKeys = z.strictObject({
  evm: accountKeystore.refine(({ address }) => address !== undefined, 'has no address'),
  bls: secretKeystore.extend({ pubkey: hexOf(BLS_PUBLIC_KEY_BYTES) }),
  /** of the Ed25519 peer key */
  peer: secretKeystore.extend({ pubkey: hexOf(KEY_BYTES) }),
})
export type EncryptedKeys = z.infer<typeof encryptedKeys>

function withLowerCaseCrypto(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('Crypto' in value)) return value
  const { Crypto: crypto, ...rest } = value
  return { crypto, ...rest }
}
