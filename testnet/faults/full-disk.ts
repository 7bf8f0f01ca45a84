/** The disk of a node is full. The node may end or go on; once there is room again, it must come back. */
import type { Nodes } from '../network/nodes.js'
import type { Fault } from './fault.js'
import type { SmallDisk } from './small-disk.js'

export class FullDisk implements Fault {
  /** @param disk on which the node was started */
  constructor(
    private readonly nodes: Pick<Nodes, 'revive'>,
    private readonly name: string,
    private readonly disk: Pick<SmallDisk, 'fill' | 'free'>,
  ) {}

  async begin(): Promise<void> {
    this.disk.fill()
  }

  async end(): Promise<void> {
    this.disk.free()
    this.nodes.revive(this.name) // as its operator does, if it ended too often
  }
}
