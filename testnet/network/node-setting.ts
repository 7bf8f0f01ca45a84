import type { NodeProcess, NodeSpec } from '../process/spawn.js'

/** What stands between nodes and their machine. */
export interface NodeSetting {
  /** The conditions under which a node's processes run. */
  readonly conditions?: {
    apply(spec: NodeSpec): NodeSpec
    attach(name: string, process: NodeProcess): void
  }
  /** by a node's name: the disk that holds its data directory */
  readonly disks?: ReadonlyMap<string, { readonly outside: string; inside(argv: readonly string[]): string[] }>
}
