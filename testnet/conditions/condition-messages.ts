/** What the testnet tells a node's process of its world, and what the process tells the testnet. */

/** Of all TCP connections to one port. */
export interface Link {
  /** Nothing arrives, in either direction, and no connection is refused or reset. */
  readonly cut: boolean
  /** each way */
  readonly delayMs: number
}

/** Each message holds all of them, so that none depends on an earlier one. */
export interface NodeConditions {
  /** by how much the process's clock is ahead of the machine's */
  readonly clockMs: number
  /** Ports that are missing here are as usual. */
  readonly links: readonly (Link & { readonly port: number })[]
}

/** The process listens on this TCP port. */
export interface Listening {
  readonly listening: number
}

/** The variable that holds the conditions of a process's first instant, as JSON. */
export const CONDITIONS_VARIABLE = 'TESTNET_CONDITIONS'
