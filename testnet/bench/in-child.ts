/** Work in a process of its own, so that its memory is its own. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @param main TypeScript, which runs with the loader of this process */
export const startChild = (main: URL): ChildProcess => fork(fileURLToPath(main), { execArgv: process.execArgv })

/**
 * @param main the file that the process runs: it answers one message with one
 * @throws Error if the process ended without an answer, for lack of memory as well
 */
export async function inChild<Task extends object, Answer>(main: URL, task: Task): Promise<Answer> {
  const child = startChild(main)
  const ended = once(child, 'exit')
  let answer: Answer | undefined
  child.once('message', message => {
    answer = message as Answer
  })
  child.send(task)
  const [code, signal] = await ended
  if (answer === undefined) throw new Error(`The process for ${JSON.stringify(task)} ended with ${signal ?? code}.`)
  return answer
}
