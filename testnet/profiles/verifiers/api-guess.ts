/** Verifiers do not announce their HTTP APIs. Most leave the port as it is, so that a verifier's host tells its API. */
import { fromHex, type Hex } from '../../../proto/hex.js'
import { ask } from '../../../verifier/api/client.js'
import { NODE_OPTIONS } from '../../../verifier/cli/node-settings.js'
import type { Announcement } from '../../../verifier/core/ports.js'
import { ENDPOINTS } from '../../../verifier/evidence/schema/endpoints.js'
import { literalHosts } from '../../../verifier/net/literal-addresses.js'

const USUAL_PORT = NODE_OPTIONS.api.default.split(':').at(-1)
const TIMEOUT_MS = 500

/** At most one transcript, encoded; none without an API at the usual port, or if it refuses. */
export async function transcriptFromApi(
  { multiaddrs }: Pick<Announcement, 'multiaddrs'>,
  session: Hex,
  over: AbortSignal,
): Promise<Uint8Array[]> {
  const [host] = await literalHosts(multiaddrs)
  if (host === undefined || over.aborted) return []
  const apiUrl = `http://${host.includes(':') ? `[${host}]` : host}:${USUAL_PORT}`
  const answer = await ask(ENDPOINTS.transcript, { apiUrl, timeoutMs: TIMEOUT_MS, argument: session })
  return answer.kind === 'answer' ? [fromHex(answer.value.transcript as Hex)] : []
}
