/** What this process asked its chain nodes, for the metrics. */
export interface Asked {
  /** requests, repeated ones included */
  asked: number
  /** those of them that got no answer of use */
  failed: number
}

export class RpcCounts {
  /** by JSON-RPC method: this program calls about a dozen */
  readonly methods = new Map<string, Asked>()
  /** unix time of the newest block that a chain node named; undefined before the first */
  newestBlockMs: number | undefined

  /** Counts one request to one chain node. @throws what the request throws */
  async count<T>(method: string, request: () => Promise<T>): Promise<T> {
    const counts = this.methods.get(method) ?? { asked: 0, failed: 0 }
    this.methods.set(method, counts)
    counts.asked++
    try {
      return await request()
    } catch (error) {
      counts.failed++
      throw error
    }
  }

  sawBlock(blockMs: number): void {
    if (Number.isFinite(blockMs)) this.newestBlockMs = Math.max(this.newestBlockMs ?? 0, blockMs)
  }
}
