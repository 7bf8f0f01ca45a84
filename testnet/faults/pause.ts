/** Nodes whose machine sleeps: they do nothing, their sockets stay open, and afterwards they do not know that they slept. */
import type { Nodes } from '../network/nodes.js'
import type { Fault } from './fault.js'

export class Pause implements Fault {
  constructor(
    private readonly nodes: Pick<Nodes, 'pause' | 'resume'>,
    private readonly names: readonly string[],
  ) {}

  async begin(): Promise<void> {
    for (const name of this.names) this.nodes.pause(name)
  }

  async end(): Promise<void> {
    for (const name of this.names) this.nodes.resume(name)
  }
}
