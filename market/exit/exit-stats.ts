/** The counters of an exit. */
export interface ExitStats {
  tunnels: number
  /** open now */
  connections: number
  /** destinations that could not be reached, or must not be */
  refused: number
  /** of connections, in both directions */
  carriedBytes: number
  paidBytes: number
  voidPayments: number
}

export const newExitStats = (): ExitStats => ({
  ...{ tunnels: 0, connections: 0, refused: 0 },
  ...{ carriedBytes: 0, paidBytes: 0, voidPayments: 0 },
})
