import { EXIT_CODE, UserError } from '../errors.js'
import { KeyFileError } from '../keys.js'

/** Tells a person what went wrong, on standard error. @returns the exit code */
export function reportError(error: unknown): number {
  if (error instanceof UserError) {
    process.stderr.write(`bandwitness: ${error.message}\n`)
    return error.exitCode
  }
  if (error instanceof KeyFileError) {
    process.stderr.write(`bandwitness: ${error.message}\n`)
    return EXIT_CODE.configuration
  }
  // A fault of the program: the stack is what its author needs.
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  process.stderr.write(`bandwitness: unexpected error: ${message}\n${stack ?? ''}\n`)
  return EXIT_CODE.unexpected
}
