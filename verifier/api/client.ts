/** Asks a node's HTTP API. An answer counts only if it has the documented form and length. */
import type { z } from 'zod'
import { type Endpoint, errorSchema, pathOf } from '../evidence/schema/endpoints.js'

/**
 * What came of a request. silent: nobody answered in time. refused: the node says why it has no answer. unusable: what
 * it sent is not what the endpoint answers with. A new member must be handled in cli/api-client.ts.
 */
export type Answer<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'silent'; readonly cause: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly error: string }
  | { readonly kind: 'unusable'; readonly fault: string }

export interface Request {
  readonly apiUrl: string
  readonly timeoutMs: number
  /** what the endpoint's path names, where it names something */
  readonly argument?: string
}

/** @throws TypeError for an `apiUrl` that is no URL */
export async function ask<T extends z.ZodType>(
  endpoint: Endpoint<T>,
  { apiUrl, timeoutMs, argument }: Request,
): Promise<Answer<z.infer<T>>> {
  const url = new URL(pathOf(endpoint, argument), apiUrl)
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    const body = await readText(response, endpoint.maxBytes)
    return answerOf(endpoint, response, body)
  } catch (cause) {
    return { kind: 'silent', cause }
  }
}

function answerOf<T extends z.ZodType>(
  endpoint: Endpoint<T>,
  { ok, status }: Response,
  body: string | undefined,
): Answer<z.infer<T>> {
  if (body === undefined) return { kind: 'unusable', fault: `more than ${endpoint.maxBytes} bytes` }
  const json = parseJson(body)
  if (!ok) return { kind: 'refused', status, error: errorSchema.safeParse(json).data?.error ?? 'no reason given' }
  if (json === undefined) return { kind: 'unusable', fault: 'no JSON' }
  const parsed = endpoint.answer.safeParse(json)
  if (parsed.success) return { kind: 'answer', value: parsed.data }
  const { path, message } = parsed.error.issues[0]!
  return { kind: 'unusable', fault: path.length === 0 ? message : `${path.join('.')}: ${message}` }
}

/** Undefined for a body that is longer than `maxBytes`: the rest is not read. */
async function readText({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
