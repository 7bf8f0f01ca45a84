/** Lines that are longer than a terminal is wide end in `…`, so that the terminal breaks none of them. */
export const cutLines = (text: string, columns: number): string =>
  text
    .split('\n')
    .map(line => (line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`))
    .join('\n')
