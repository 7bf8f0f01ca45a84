/** Asks a person before a command sends what cannot be taken back. */
import { createInterface } from 'node:readline/promises'
import { UserError } from '../config/errors.js'
import { printableLines } from './printable.js'

export const YES_OPTION = {
  yes: { type: 'boolean', default: false, describe: 'Send it without being asked' },
} as const

/**
 * Shows what is about to be sent on standard error, so that standard output holds results alone.
 * @throws UserError 'usage' unless a person agrees, or `--yes` does
 */
export async function confirm({ yes }: { readonly yes: boolean }, plan: string): Promise<void> {
  process.stderr.write(`${printableLines(plan)}\n`)
  if (yes) return
  if (!process.stdin.isTTY) {
    throw new UserError('usage', 'Nothing was sent: there is no terminal to ask at. Add --yes to agree beforehand.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question('Send this? [y/N] ')
    if (/^y(es)?$/i.test(answer.trim())) return
  } finally {
    terminal.close()
  }
  throw new UserError('usage', 'Nothing was sent.')
}
