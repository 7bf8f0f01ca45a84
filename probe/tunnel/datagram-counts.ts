/** What became of the datagrams that came to one end. Each is counted once. */
export interface DatagramCounts {
  /** authentic and new, whatever their body */
  opened: number
  /** of `opened`: bodies that are none */
  malformed: number
  /** challenges of providers */
  echoes: number
  /** no leg has their tag, and they are no join */
  unknown: number
  replayed: number
  forged: number
  /** joins that came too often, or for which there was no room */
  refused: number
}

export const noDatagrams = (): DatagramCounts => ({
  ...{ opened: 0, malformed: 0, echoes: 0, unknown: 0, replayed: 0, forged: 0, refused: 0 },
})
