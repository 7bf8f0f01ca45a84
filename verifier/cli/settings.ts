import type { Argv, InferredOptionTypes, Options } from 'yargs'

const PREFIX = 'BANDWITNESS_'
/** Options that every command takes. */
const COMMON = ['config', 'json']

/**
 * A command's options. Each can also be set by its environment variable, such as `--data-dir` by BANDWITNESS_DATA_DIR.
 * Variables of other commands are dropped, since a strict parser would call them unknown arguments.
 */
export function settings<O extends Record<string, Options>>(y: Argv, options: O): Argv<InferredOptionTypes<O>> {
  const known = new Set([...Object.keys(options), ...COMMON].map(variableOf))
  for (const name of Object.keys(process.env)) {
    if (name.startsWith(PREFIX) && !known.has(name)) delete process.env[name]
  }
  return y.options(options) as unknown as Argv<InferredOptionTypes<O>>
}

/** The environment without this program's settings, for nodes that take theirs from their command line alone. */
export function environmentWithoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith(PREFIX)))
}

/** The environment variable of an option, such as BANDWITNESS_DATA_DIR. */
export const variableOf = (option: string): string => PREFIX + option.replaceAll('-', '_').toUpperCase()
