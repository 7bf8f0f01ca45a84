/** The API that a command asks: the one that is named, one that a verifier has announced, or that of this machine. */
import { systemRandom } from '../../probe/index.js'
import { toHex } from '../../proto/hex.js'
import { connect, ENDPOINTS } from '../client/index.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { Draw } from '../core/assignment/draw.js'
import type { Chain } from '../core/ports.js'
import { DEFAULT_API_URL } from './api-client.js'
import { askChain } from './chain-option.js'

/** Option of commands that can find an API by themselves, beside --rpc and --network. */
export const FOUND_API_OPTION = {
  api: {
    type: 'string',
    describe: `URL of a node's API (default: ${DEFAULT_API_URL}; with --rpc, first one that a verifier has announced)`,
  },
} as const

/** Some may be down. */
const MOST_ASKED = 8
const TIMEOUT_MS = 3000

interface Flags {
  readonly api?: string | undefined
  readonly rpc?: string | undefined
  readonly network?: string | undefined
}

/** @throws UserError 'configuration' if no verifier has announced an API that answers; those of `askChain` */
export async function foundApi(flags: Flags): Promise<string> {
  return flags.api ?? (await askChain(flags, announcedApi)) ?? DEFAULT_API_URL
}

/**
 * Verifiers are asked in a random order, so that none of them is asked by everybody, and a node of this machine last: in many
 * networks no verifier announces an API.
 */
export async function announcedApi(
  chain: Pick<Chain, 'announcements'>,
  { name }: Pick<NetworkFile, 'name'>,
  here = DEFAULT_API_URL,
): Promise<string> {
  const announced = (await chain.announcements()).filter(({ role }) => role === 'verifier')
  const urls = [...new Set(announced.map(({ publicApi }) => publicApi).filter(url => url !== undefined))]
  const drawn = new Draw(toHex(systemRandom.bytes(32))).sample(urls, Math.min(urls.length, MOST_ASKED))
  let waiting: string | undefined
  for (const url of [...drawn, here]) {
    const answer = await connect(url, { timeoutMs: TIMEOUT_MS }).ask(ENDPOINTS.ready)
    if (answer.kind === 'answer') return url
    // It fetches the last report just now, for example: of more use than none.
    if (answer.kind === 'refused') waiting ??= url
  }
  if (waiting !== undefined) return waiting
  const what = urls.length === 0 ? 'has announced an API' : 'whose API was asked answers'
  throw new UserError(
    'configuration',
    `No verifier of network "${name}" ${what}, and no node answers at ${here}. Pass the URL of a node with --api.`,
  )
}
