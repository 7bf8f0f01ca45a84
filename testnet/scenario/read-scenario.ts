import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { UserError } from '../../verifier/config/errors.js'
import { type Scenario, scenarioSchema } from './scenario.js'

/** @throws UserError 'configuration', which names the file and its first fault */
export function readScenario(path: string): Scenario {
  const parsed = scenarioSchema.safeParse(parsedFile(path))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const where = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  throw unusable(path, `${issue.message}${where}`, parsed.error)
}

function parsedFile(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw unusable(path, (cause as Error).message, cause)
  }
}

const unusable = (path: string, reason: string, cause: unknown): UserError =>
  new UserError('configuration', `Cannot use scenario ${path}: ${reason}. docs/scenarios.md describes the form.`, {
    cause,
  })
