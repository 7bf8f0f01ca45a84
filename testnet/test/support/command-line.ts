/** The real command as a process of its own. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'

export const TIMEOUT_MS = 60_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const BUILT = join(ROOT, 'dist', 'verifier', 'cli', 'bandwitness.js')
/** What the compiler writes whenever it has written a file of the build. */
const LAST_BUILD = join(ROOT, 'dist', 'tsconfig.tsbuildinfo')
export const COMMAND = commandLine()

/** The built command, which starts three times faster, unless a source has changed since it was built. */
function commandLine(): string[] {
  const sources = ['proto', 'probe', 'verifier', 'market', 'testnet'].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && !file.includes('test/'))
      .map(file => statSync(join(ROOT, folder, file)).mtimeMs),
  )
  const built = statSync(LAST_BUILD, { throwIfNoEntry: false })
  const isCurrent = built !== undefined && built.mtimeMs > Math.max(...sources)
  return isCurrent ? [process.execPath, BUILT] : entryPoint(import.meta.url, '../../../verifier/cli/bandwitness.js')
}

/** Runs the command to its end. A node that comes up, which hardly any test expects, is stopped. */
export async function bandwitness(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = ChildProcess.start({ name: 'bandwitness', argv: [...COMMAND, ...args], env })
  const lines: string[] = []
  child.forEachLine(line => {
    lines.push(line)
    if (line.includes('"ready"')) child.kill('SIGTERM')
  })
  const { code } = await child.endWithin(TIMEOUT_MS)
  return { code, stdout: lines.join('\n'), stderr: child.said.join('\n') }
}

/** The one line for a person. Everything else on standard error is the log. */
export function complaint({ stderr }: Ended): string {
  const lines = stderr.split('\n').filter(line => line.startsWith('bandwitness: '))
  expect(lines, stderr).to.have.length(1)
  return lines[0]!
}
