/** What the command line says of itself. */
import { commandLine } from '../../verifier/cli/main.js'

export interface Option {
  /** without dashes */
  readonly name: string
  readonly describe: string
  /** as `--help` shows them: type, default, whether it is required */
  readonly notes: readonly string[]
}

/** @param command words, without the program's name. @param width in columns; null for lines of any length */
export async function helpOf(command: readonly string[], width: number | null): Promise<string> {
  let text = ''
  await commandLine([])
    .wrap(width)
    .parseAsync([...command, '--help'], (_error: unknown, _argv: unknown, output: string) => {
      text = output
    })
  return text
}

/** All commands, each before those inside it. */
export async function commandsUnder(command: readonly string[] = []): Promise<string[][]> {
  const help = await helpOf(command, null)
  const prefix = ['bandwitness', ...command].join(' ')
  const inside = [...help.matchAll(new RegExp(`^  ${prefix} ([a-z][\\w-]*)`, 'gm'))].map(match => match[1]!)
  const found: string[][] = []
  // One after the other: modules of which several imports are under way at once may wait for each other for ever.
  for (const name of inside) found.push([...command, name], ...(await commandsUnder([...command, name])))
  return found
}

/** The options of a command. */
export async function optionsOf(command: readonly string[]): Promise<Option[]> {
  const help = await helpOf(command, null)
  return [...help.matchAll(/^ +(?:-\w, )?--([a-z][\w-]*) +(.*)$/gm)].map(([, name, rest]) => {
    const at = rest!.search(/ +\[(?:string|boolean|number|array|count|choices: |required|default: )/)
    const notes = at < 0 ? '' : rest!.slice(at)
    return {
      name: name!,
      describe: at < 0 ? rest! : rest!.slice(0, at),
      notes: [...notes.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]/g)].map(match => match[1]!),
    }
  })
}
