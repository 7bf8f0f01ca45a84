/** Asks a verifier for a person: whatever goes wrong is one line that says what to do. */
import type { z } from 'zod'
import { type Answer, ask } from '../api/client.js'
import { UserError } from '../config/errors.js'
import type { Endpoint } from '../evidence/schema/endpoints.js'

const DEFAULT_API_URL = 'http://127.0.0.1:7380'
const TIMEOUT_MS = 10_000
const NOT_FOUND = 404

/** Option of every command that asks a verifier. */
export const API_OPTION = {
  api: { type: 'string', default: DEFAULT_API_URL, describe: "URL of a verifier's API" },
} as const

/** Undefined for what the verifier does not hold. @throws UserError as `askApi` */
export async function askApiIfKept<T extends z.ZodType>(
  apiUrl: string,
  endpoint: Endpoint<T>,
  argument: string,
): Promise<z.infer<T> | undefined> {
  const answer = await answerOf(apiUrl, endpoint, argument)
  return answer.kind === 'refused' && answer.status === NOT_FOUND ? undefined : acceptedOf(answer, apiUrl, endpoint)
}

/** @throws UserError 'usage' for what is no URL, 'configuration' where the verifier gives no answer of use */
export async function askApi<T extends z.ZodType>(
  apiUrl: string,
  endpoint: Endpoint<T>,
  argument?: string,
): Promise<z.infer<T>> {
  return acceptedOf(await answerOf(apiUrl, endpoint, argument), apiUrl, endpoint)
}

async function answerOf<T extends z.ZodType>(
  apiUrl: string,
  endpoint: Endpoint<T>,
  argument?: string,
): Promise<Answer<z.infer<T>>> {
  if (!URL.canParse(endpoint.path, apiUrl)) {
    throw new UserError('usage', `--api ${apiUrl} is not a URL. Give one such as ${DEFAULT_API_URL}.`)
  }
  return ask(endpoint, { apiUrl, timeoutMs: TIMEOUT_MS, ...(argument !== undefined && { argument }) })
}

function acceptedOf<T extends z.ZodType>(
  answer: Answer<z.infer<T>>,
  apiUrl: string,
  endpoint: Endpoint<T>,
): z.infer<T> {
  switch (answer.kind) {
    case 'answer':
      return answer.value
    case 'silent':
      throw new UserError(
        'configuration',
        `No verifier answers at ${apiUrl}. Start one, or pass the URL of a running verifier with --api.`,
        { cause: answer.cause },
      )
    case 'refused':
      throw new UserError('configuration', `The verifier at ${apiUrl} answers ${answer.status}: ${answer.error}`)
    case 'unusable':
      throw new UserError(
        'configuration',
        `The answer of ${apiUrl} is not ${endpoint.title} (${answer.fault}). Pass the URL of another verifier with --api.`,
      )
  }
}
