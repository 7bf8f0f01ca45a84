import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { UserError } from '../config/errors.js'
import { unreadableBecause } from '../config/unreadable.js'

/** Settings from a YAML or JSON file, named like the flags. @throws UserError 'configuration' */
export function readConfig(path: string): Record<string, unknown> {
  let settings: unknown
  try {
    settings = parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new UserError(
      'configuration',
      `Cannot read --config ${path}: ${unreadableBecause(cause)}. Correct the file, or pass another.`,
      { cause },
    )
  }
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) {
    return settings as Record<string, unknown>
  }
  throw new UserError(
    'configuration',
    `--config ${path} holds no settings. Write one setting a line, such as "api: 127.0.0.1:7380".`,
  )
}
