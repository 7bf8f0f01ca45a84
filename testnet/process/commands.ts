/** Programs that run to their end. */
import { ChildError, describeEnd } from './child-end.js'
import { ChildProcess } from './child-process.js'
import type { Watchdog } from './watchdog.js'

/** Standard output. @throws ChildError if the program cannot be started, fails, or takes longer */
export async function run(argv: readonly string[], timeoutMs = 10_000, watchdog?: Watchdog): Promise<string> {
  const child = ChildProcess.start({ name: argv.join(' '), argv, watchdog })
  const lines: string[] = []
  child.forEachLine(line => lines.push(line))
  const end = await child.endWithin(timeoutMs)
  if (end.code === 0 && !end.wanted) return lines.join('\n')
  const what = end.wanted ? `had not ended after ${timeoutMs / 1000} s` : describeEnd(end)
  throw new ChildError(child.name, what, child.said.slice(-1))
}
