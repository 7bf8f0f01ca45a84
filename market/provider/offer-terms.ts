/** The options of an offer, and the offer that they make. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { addressFault } from '../../proto/announcement.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Exit, Offer } from '../../verifier/chain/offers.js'
import { exactTokensText, parseTokens } from '../../verifier/cli/figures.js'
import { parseHostPort } from '../../verifier/cli/host-port.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { UserError } from '../../verifier/config/errors.js'
import { parseJson } from '../../verifier/config/parse-json.js'
import { unreadableBecause } from '../../verifier/config/unreadable.js'

export interface OfferFlags {
  readonly price?: string | undefined
  readonly 'premium-price'?: string | undefined
  readonly 'lane-price'?: string | undefined
  readonly 'lane-rate'?: string | undefined
  readonly exit?: string | undefined
  readonly 'exit-address'?: string | undefined
}

const NAMES = ['price', 'premium-price', 'lane-price', 'lane-rate', 'exit', 'exit-address'] as const
type Name = (typeof NAMES)[number]

/** What the contract's fields hold. */
const MAX_PRICE = 2n ** 96n - 1n
const MAX_LANE_KBPS = 2 ** 32 - 1

/** The option of an offer that is given, if any is. */
export const givenTerm = (flags: OfferFlags): Name | undefined => NAMES.find(name => flags[name] !== undefined)

/** @throws UserError 'usage', or 'configuration' for the file of an exit */
export async function offerFrom(flags: OfferFlags): Promise<Offer> {
  const { price } = flags
  if (price === undefined) throw new UserError('usage', `--${givenTerm(flags)} needs --price: an offer has a price.`)
  together(flags, 'lane-price', 'lane-rate')
  together(flags, 'exit', 'exit-address')
  return {
    price: priceOf('price', price),
    premiumPrice: optional(flags['premium-price'], text => priceOf('premium-price', text)) ?? 0n,
    lanePrice: optional(flags['lane-price'], text => priceOf('lane-price', text)) ?? 0n,
    laneKbps: optional(flags['lane-rate'], laneRateOf) ?? 0,
    exit: flags.exit === undefined ? undefined : await exitOf(flags.exit, flags['exit-address']!),
  }
}

const optional = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
  text === undefined ? undefined : parse(text)

function together(flags: OfferFlags, one: Name, other: Name): void {
  if ((flags[one] === undefined) === (flags[other] === undefined)) return
  throw new UserError('usage', `--${one} and --${other} belong together. Give both, or neither.`)
}

function priceOf(option: Name, text: string): bigint {
  const price = parseTokens(option, text)
  if (price <= MAX_PRICE) return price
  throw new UserError(
    'usage',
    `--${option} ${text} is more than the ${exactTokensText(MAX_PRICE)} that the chain takes.`,
  )
}

function laneRateOf(text: string): number {
  const kbps = parseRate('lane-rate', text)
  if (kbps <= MAX_LANE_KBPS) return kbps
  throw new UserError('usage', `--lane-rate ${text} is more than the ${MAX_LANE_KBPS}kbps that the chain takes.`)
}

async function exitOf(file: string, address: string): Promise<Exit> {
  const { port } = parseHostPort('exit-address', address)
  const fault = port === 0 ? 'port 0 is no port that others reach' : addressFault(address)
  if (fault !== undefined) throw new UserError('usage', `--exit-address cannot be used: ${fault}.`)
  return { ...(await readExitFile(file)), address }
}

const hash = z
  .string('is missing, or no text')
  .regex(/^0x[0-9a-fA-F]{64}$/, 'must be 32 bytes in hexadecimal, with 0x before them')
  .transform(text => text.toLowerCase() as Hex)
  .refine(text => text !== ZERO_HASH, 'must not be zero')

const exitFileSchema = z.object({ publicKey: hash, certHash: hash })

/** What `exit run` wrote of its key and its certificate. @throws UserError 'configuration' */
async function readExitFile(path: string): Promise<Omit<Exit, 'address'>> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw unusable(path, unreadableBecause(cause), cause)
  })
  const parsed = exitFileSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const { path: where, message } = parsed.error.issues[0]!
  throw unusable(path, where.length === 0 ? 'it holds no JSON object' : `${where.join('.')}: ${message}`, parsed.error)
}

const unusable = (path: string, reason: string, cause: unknown): UserError =>
  new UserError(
    'configuration',
    `Cannot use the exit's file ${path}: ${reason}. Name a file with the exit's publicKey and certHash.`,
    { cause },
  )
