/**
 * Stands between nodes and their chain node. Each node has a URL of its own, whose path is its name. So the chain node can
 * seem to fail for one node, or for all.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface RpcRequest {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

/** What a chain node answers in JSON-RPC. */
export type RpcAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }

/** What a faulty chain node does with a request, beside answering. It does the work of a request whose answer it loses. */
export type Misdeed =
  | 'stall'
  | 'hang up'
  | 'lose the answer'
  | { readonly status: number }
  | { readonly body: string }
  | RpcAnswer

/** @throws Error if the real chain node does not answer */
export type AskChain = (request: Pick<RpcRequest, 'method' | 'params'>) => Promise<RpcAnswer>

/** How a faulty chain node treats a request; undefined for one that it passes on to the real chain node. */
export type Manner = (request: RpcRequest, ask: AskChain) => Misdeed | undefined | Promise<Misdeed | undefined>

const JSON_TYPE = { 'content-type': 'application/json' }

export class RpcProxy {
  /** the newest last, which goes first */
  readonly #manners: { readonly of: string | undefined; readonly manner: Manner }[] = []

  private constructor(
    private readonly target: string,
    private readonly server: Server,
  ) {}

  /** @param target URL of the real chain node */
  static async start(target: string): Promise<RpcProxy> {
    const server = createServer((request, response) => {
      // The real chain node does not answer either, or the node has hung up.
      proxy.#serve(request, response).catch(() => response.destroy())
    })
    const proxy = new RpcProxy(target, server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  /** @param name of a node: one path segment */
  urlOf(name: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}`
  }

  /** @param of a node's name; undefined for all nodes. @returns what ends it */
  misbehave(of: string | undefined, manner: Manner): () => void {
    const entry = { of, manner }
    this.#manners.push(entry)
    return () => void this.#manners.splice(this.#manners.indexOf(entry), 1)
  }

  readonly ask: AskChain = async ({ method, params }) => {
    const text = await this.#forward(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    const { result = null, error } = JSON.parse(text)
    return error === undefined ? { result } : { error }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const name = request.url!.split('/')[1]
    const manner = this.#manners.findLast(({ of }) => of === undefined || of === name)?.manner
    if (manner === undefined) {
      response.writeHead(200, JSON_TYPE).end(await this.#forward(body))
      return
    }
    const asked = JSON.parse(body.toString()) as RpcRequest | RpcRequest[]
    const answers: object[] = []
    for (const one of [asked].flat()) {
      const misdeed = (await manner(one, this.ask)) ?? (await this.ask(one))
      if (typeof misdeed === 'object' && ('result' in misdeed || 'error' in misdeed)) {
        answers.push({ jsonrpc: '2.0', id: one.id, ...misdeed })
        continue
      }
      if (misdeed === 'lose the answer') await this.ask(one)
      return fail(response, misdeed)
    }
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]))
  }

  async #forward(body: string | Buffer): Promise<string> {
    const answer = await fetch(this.target, { method: 'POST', headers: JSON_TYPE, body })
    return answer.text()
  }
}

function fail(response: ServerResponse, misdeed: Exclude<Misdeed, RpcAnswer>): void {
  if (misdeed === 'stall') return
  if (typeof misdeed === 'string') response.destroy()
  else if ('status' in misdeed) response.writeHead(misdeed.status).end('no')
  else response.writeHead(200).end(misdeed.body)
}
