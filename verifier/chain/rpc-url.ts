/** One chain node: asks it once, and says in a few words what is wrong with it if there is no answer. */
import type { JsonRpcPayload } from 'ethers'
import { shownUrl } from '../config/rpc-urls.js'
import { answerIn, quoted, type RpcAnswer, RpcFault, statusFault } from './rpc-fault.js'

/** A chain node that does not answer within this time counts as one that is down. */
const REQUEST_TIMEOUT_MS = 10_000

export class RpcUrl {
  /** without its secrets */
  readonly shown: string
  readonly #url: string
  readonly #headers: Record<string, string>
  #isChecked = false

  constructor(
    url: string,
    readonly expectedChainId: number,
  ) {
    const { username, password, href } = new URL(url)
    this.shown = shownUrl(url)
    this.#headers = { 'content-type': 'application/json' }
    this.#url = href.replace(/^(https?:\/\/)[^/@]*@/, '$1')
    if (username !== '' || password !== '') {
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
      this.#headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    }
  }

  /** Nothing is asked of a node of another chain. @throws RpcFault; the signal's reason */
  async ask(payload: JsonRpcPayload, signal: AbortSignal): Promise<RpcAnswer> {
    const other = await this.otherChain(signal)
    if (other === undefined) return this.#ask(payload, signal)
    throw new RpcFault(`${this.shown} is on chain ${other}, and the network is on chain ${this.expectedChainId}`)
  }

  /** The id of the node's chain if that is another one. @throws RpcFault; the signal's reason */
  async otherChain(signal: AbortSignal): Promise<number | undefined> {
    if (this.#isChecked) return undefined
    const answer = await this.#ask({ jsonrpc: '2.0', id: 0, method: 'eth_chainId', params: [] }, signal)
    const chainId = 'result' in answer ? Number(answer.result) : Number.NaN
    this.#isChecked = chainId === this.expectedChainId
    return this.#isChecked ? undefined : chainId
  }

  async #ask(payload: JsonRpcPayload, signal: AbortSignal): Promise<RpcAnswer> {
    try {
      return answerIn(await this.#text(payload, signal), payload)
    } catch (error) {
      if (error instanceof RpcFault) throw error.of(this.shown)
      throw error
    }
  }

  async #text(payload: JsonRpcPayload, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted()
    const over = new AbortController()
    const stop = () => over.abort()
    const timer = setTimeout(stop, REQUEST_TIMEOUT_MS)
    signal.addEventListener('abort', stop, { once: true })
    try {
      // No redirect: it would take the key elsewhere.
      const asked = {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify(payload),
        redirect: 'manual',
      } as const
      const response = await fetch(this.#url, { ...asked, signal: over.signal })
      const text = await response.text()
      if (!response.ok && !isRefusal(response.status, text)) throw statusFault(response.status, response.statusText)
      return text
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof RpcFault) throw error
      if (over.signal.aborted) {
        throw new RpcFault(`gave no answer to ${payload.method} within ${REQUEST_TIMEOUT_MS / 1000} s`, true)
      }
      throw new RpcFault(`does not answer (${causeOf(error)})`)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }
}

/** Some nodes refuse a request in JSON-RPC and by the status. */
const isRefusal = (status: number, text: string): boolean =>
  status >= 400 && status < 500 && status !== 429 && /"error"\s*:\s*{/.test(text)

/** The code of the system, such as ECONNREFUSED, or the words of the library: fetch hides them in the cause. */
function causeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string; message?: string; errors?: readonly { code?: string }[] } }
  return cause?.code ?? cause?.errors?.[0]?.code ?? quoted(cause?.message ?? error)
}
