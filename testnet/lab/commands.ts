/** Running other programs to their end. */
import { execFile } from 'node:child_process'

export class CommandError extends Error {
  constructor(argv: readonly string[], said: string, options: ErrorOptions) {
    super(`${argv.join(' ')}: ${said}`, options)
    this.name = 'CommandError'
  }
}

const MAX_OUTPUT_BYTES = 16 << 20

/** Standard output. @param timeoutMs 0 for none @throws CommandError, with the last line that the program said */
export function run(argv: readonly string[], timeoutMs = 10_000): Promise<string> {
  const [command, ...args] = argv
  return new Promise((resolve, reject) => {
    execFile(command!, args, { timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES }, (cause, stdout, stderr) => {
      if (!cause) return resolve(stdout)
      const said = stderr.trim().split('\n').at(-1) || cause.message
      reject(new CommandError(argv, said, { cause }))
    })
  })
}
