/** Posts alerts to the operator's webhook. Its URL is a secret: most services put the key into it. */
import pRetry, { AbortError } from 'p-retry'
import { UserError } from '../../../verifier/config/errors.js'
import { keepUrlSecrets, shownUrl } from '../../../verifier/config/rpc-urls.js'
import type { AlertJson } from '../../../verifier/evidence/schema/alerts.js'

const ANSWER_MS = 10_000
/** For about eight seconds besides the answers: the next look tries again. */
const RETRIES = { retries: 5, minTimeout: 250, factor: 2, randomize: true } as const
const TOO_MANY_REQUESTS = 429

export class Webhook {
  readonly #url: string
  readonly #shown: string

  /** @throws UserError 'usage' */
  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:\/\/[^/]/.test(url)) {
      // Without the text: it may hold a key.
      throw new UserError('usage', 'What --webhook names is no URL. Pass one such as https://example.org/hook.')
    }
    keepUrlSecrets(new URL(url))
    this.#url = url
    this.#shown = shownUrl(url)
  }

  /** @throws UserError 'configuration' if it is not taken after several tries; the signal's reason */
  async post(alert: AlertJson, signal: AbortSignal): Promise<void> {
    try {
      await pRetry(() => this.#once(alert, signal), { ...RETRIES, signal })
    } catch (cause) {
      signal.throwIfAborted()
      throw new UserError(
        'configuration',
        `The webhook at ${this.#shown} takes no alerts: ${(cause as Error).message}. Check --webhook.`,
        { cause },
      )
    }
  }

  async #once(alert: AlertJson, signal: AbortSignal): Promise<void> {
    let response: Response
    try {
      response = await fetch(this.#url, {
        ...{ method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify(alert),
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(causeOf(error)) // fetch throws a TypeError, which p-retry takes for a fault of the program
    }
    await response.body?.cancel()
    if (response.ok) return
    const fault = `it answers HTTP ${response.status}`
    if (response.status >= 500 || response.status === TOO_MANY_REQUESTS) throw new Error(fault)
    throw new AbortError(fault)
  }
}

function causeOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  if (name === 'TimeoutError') return `it gave no answer within ${ANSWER_MS / 1000} s`
  return `it does not answer (${cause?.code ?? name})`
}
