/** One statement about evidence, and whether it is true. */
export interface Check {
  readonly what: string
  readonly holds: boolean
}
