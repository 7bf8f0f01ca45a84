/** A chain node in front of the real one: counts what it is asked, and fails as a test has it fail. */
import { type Misdeed, RpcProxy as NodesProxy } from '../../../testnet/faults/rpc-proxy.js'

export interface RpcRequest {
  readonly id: number
  readonly method: string
  readonly params: readonly Record<string, string>[]
}

export type Fault = Misdeed

export class RpcProxy {
  /** every request since the last `during` */
  readonly asked: RpcRequest[] = []
  /** the message of an error, for a request that the node refuses */
  refuse: (request: RpcRequest) => string | undefined = () => undefined
  /** for a request that gets no answer */
  fail: (request: RpcRequest) => Fault | undefined = () => undefined

  private constructor(private readonly proxy: NodesProxy) {
    proxy.misbehave(undefined, request => {
      const asked = request as RpcRequest
      this.asked.push(asked)
      const message = this.refuse(asked)
      return this.fail(asked) ?? (message === undefined ? undefined : { error: { code: -32_005, message } })
    })
  }

  static async start(target: string): Promise<RpcProxy> {
    return new RpcProxy(await NodesProxy.start(target))
  }

  get url(): string {
    return this.proxy.urlOf('node')
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

  stop(): Promise<void> {
    return this.proxy.stop()
  }
}
