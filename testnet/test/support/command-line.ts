/** The real command as a process of its own. */
import { execFile } from 'node:child_process'
import { expect } from 'chai'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'

export const TIMEOUT_MS = 180_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const COMMAND = entryPoint(import.meta.url, '../../../verifier/cli/bandwitness.js')

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

/** Runs the command to its end, and gives what it wrote as it stands. */
export function output(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program, ...rest] = COMMAND
  return new Promise(resolve => {
    execFile(program!, [...rest, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

/** The one line for a person. Everything else on standard error is the log. */
export function complaint({ stderr }: Ended): string {
  const lines = stderr.split('\n').filter(line => line.startsWith('bandwitness: '))
  expect(lines, stderr).to.have.length(1)
  return lines[0]!
}
