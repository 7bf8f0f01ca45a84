import { printableJson, printableLines } from './printable.js'

/** Prints what a command found: JSON where `--json` asks for it, else text. */
export function print<T>(flags: { readonly json?: unknown }, found: T, textOf: (found: T) => string): void {
  process.stdout.write(`${flags.json ? printableJson(found) : printableLines(textOf(found))}\n`)
}
