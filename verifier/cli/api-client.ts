/** Asks a verifier's HTTP API. */
import { UserError } from '../config/errors.js'

export const DEFAULT_API_URL = 'http://127.0.0.1:7380'
const TIMEOUT_MS = 10_000

/** Option of every command that asks a verifier. */
export const API_OPTION = {
  api: { type: 'string', default: DEFAULT_API_URL, describe: "URL of a verifier's API" },
} as const

/** @throws UserError 'configuration' when nobody answers there, or with what the verifier says is missing */
export async function askApi<T>(apiUrl: string, path: string): Promise<T> {
  let response: Response
  try {
    response = await fetch(new URL(path, apiUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw new UserError(
      'configuration',
      `No verifier answers at ${apiUrl}: start one, or pass the URL of one that runs with --api.`,
      { cause },
    )
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok && body !== undefined) return body as T
  const said = (body as { error?: string; message?: string } | undefined) ?? {}
  throw new UserError(
    'configuration',
    `The verifier at ${apiUrl} answers ${response.status}: ${said.error ?? said.message ?? 'no JSON'}.`,
  )
}
