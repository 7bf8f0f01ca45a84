import type { Conditions } from '../conditions/conditions.js'

/** by a node's name: the disk that holds its data directory */
export type Disks = ReadonlyMap<string, { readonly outside: string; inside(argv: readonly string[]): string[] }>

/** What stands between nodes and their machine. */
export interface NodeSetting {
  /** The conditions under which a node's processes run. */
  readonly conditions: Pick<Conditions, 'apply' | 'attach' | 'add' | 'remove'>
  readonly disks?: Disks | undefined
}
