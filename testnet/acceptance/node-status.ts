import { connect, ENDPOINTS } from '../../verifier/client/index.js'
import type { StatusJson } from '../../verifier/evidence/schema/status.js'

const TIMEOUT_MS = 5000

/** @throws Error if the verifier does not answer, or gives an unexpected answer */
export async function nodeStatus({ apiUrl }: { readonly apiUrl?: string | undefined }): Promise<StatusJson> {
  if (!apiUrl) throw new Error('the node has no API address')
  const answer = await connect(apiUrl, { timeoutMs: TIMEOUT_MS }).ask(ENDPOINTS.status)
  if (answer.kind === 'answer') return answer.value
  throw new Error(`no status from ${apiUrl}: ${JSON.stringify(answer)}`)
}
