/** Lines of a terminal. */
export const LINE_WIDTH = 120

const LEAST_WIDTH = 60

/** As much as the terminal has; `LINE_WIDTH` elsewhere. */
const terminalWidth = ({ isTTY, columns }: Partial<NodeJS.WriteStream> = process.stdout): number =>
  isTTY && columns ? Math.max(LEAST_WIDTH, Math.min(LINE_WIDTH, columns)) : LINE_WIDTH

/**
 * Breaks text at spaces into lines of at most `width` characters, the first after `first`, all others after as many
 * spaces as `hang`. A word that is longer than a line stays whole.
 */
export function wrap(text: string, first = '', hang = first.length, width = terminalWidth()): string {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ' '.repeat(hang)
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line].join('\n')
}
