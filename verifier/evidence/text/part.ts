/** A label, and the sentences beside it. */
export interface Part {
  readonly label: string
  readonly lines: readonly string[]
}

export const part = (label: string, ...lines: readonly string[]): Part => ({ label, lines })
