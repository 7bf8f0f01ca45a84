/** Verifiers do not announce their HTTP APIs. Most leave the port as it is, so that a verifier's host tells its API. */
import { fromHex, type Hex } from '../../../proto/hex.js'
import { NODE_OPTIONS } from '../../../verifier/cli/node-settings.js'
import { connect, ENDPOINTS } from '../../../verifier/client/index.js'
import type { Announcement } from '../../../verifier/core/ports.js'
import { literalHosts } from '../../../verifier/net/literal-addresses.js'

const USUAL_PORT = NODE_OPTIONS.api.default.split(':').at(-1)
const TIMEOUT_MS = 500

/** One transcript, encoded, or none; undefined if no API answers at the usual port. */
export async function transcriptsFromApi(
  { multiaddrs }: Pick<Announcement, 'multiaddrs'>,
  session: Hex,
  over: AbortSignal,
): Promise<Uint8Array[] | undefined> {
  const [host] = await literalHosts(multiaddrs)
  if (host === undefined || over.aborted) return undefined
  const apiUrl = `http://${host.includes(':') ? `[${host}]` : host}:${USUAL_PORT}`
  const answer = await connect(apiUrl, { timeoutMs: TIMEOUT_MS }).ask(ENDPOINTS.transcript, { session })
  if (answer.kind === 'answer') return [fromHex(answer.value.transcript as Hex)]
  return answer.kind === 'silent' ? undefined : []
}
