/** A chain node in front of the real one: counts what it is asked, and refuses what a test has it refuse. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface RpcRequest {
  readonly id: number
  readonly method: string
  readonly params: readonly Record<string, string>[]
}

/** What a chain node does instead of answering: refuses by HTTP, stalls, hangs up before or after it does the work, or lies. */
export type Fault = { readonly status: number } | 'stall' | 'hang up' | 'lose the answer' | { readonly body: string }

export class RpcProxy {
  /** every request since `forget` */
  readonly asked: RpcRequest[] = []
  /** the message of an error, for a request that the node refuses */
  refuse: (request: RpcRequest) => string | undefined = () => undefined
  /** for a request that gets no answer */
  fail: (request: RpcRequest) => Fault | undefined = () => undefined

  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<RpcProxy> {
    const server = createServer(async (request, response) => {
      const asked = (await json(request)) as RpcRequest
      proxy.asked.push(asked)
      const fault = proxy.fail(asked)
      if (fault === 'stall') return
      if (fault === 'hang up') return void response.destroy()
      if (fault !== undefined && fault !== 'lose the answer') {
        if ('status' in fault) response.statusCode = fault.status
        response.end('body' in fault ? fault.body : 'no')
        return
      }
      const message = proxy.refuse(asked)
      response.setHeader('content-type', 'application/json')
      if (message !== undefined) {
        response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, error: { code: -32_005, message } }))
        return
      }
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(asked) })
      if (fault === 'lose the answer') return void response.destroy()
      response.end(await answer.text())
    })
    const proxy = new RpcProxy(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  count(method: string): number {
    return this.asked.filter(one => one.method === method).length
  }

  /** What was asked during some work. */
  async during(work: () => Promise<unknown>): Promise<RpcRequest[]> {
    this.asked.length = 0
    await work()
    return [...this.asked]
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}
