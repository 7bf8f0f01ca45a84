/** Nodes that end at once, in the middle of whatever they do. */
import type { Nodes } from '../network/nodes.js'
import type { Fault } from './fault.js'

/** They come back by themselves. */
export class Kill implements Fault {
  constructor(
    private readonly nodes: Pick<Nodes, 'kill'>,
    private readonly names: readonly string[],
  ) {}

  async begin(): Promise<void> {
    for (const name of this.names) this.nodes.kill(name)
  }

  async end(): Promise<void> {}
}

/** They stay away for as long as the fault lasts. */
export class Down implements Fault {
  constructor(
    private readonly nodes: Pick<Nodes, 'hold' | 'release'>,
    private readonly names: readonly string[],
  ) {}

  async begin(): Promise<void> {
    await Promise.all(this.names.map(name => this.nodes.hold(name)))
  }

  async end(): Promise<void> {
    for (const name of this.names) this.nodes.release(name)
  }
}
