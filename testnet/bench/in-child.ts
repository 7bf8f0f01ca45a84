/** Work in a process of its own, so that its memory is its own. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { entryPoint } from '../process/entry-point.js'

/** Runs a module as nodes run theirs, compiled. @param module relative to the caller, whose `import.meta.url` is `base` */
export function startChild(base: string, module: string): ChildProcess {
  const [execPath, ...argv] = entryPoint(base, module)
  return fork(argv.at(-1)!, { execPath: execPath!, execArgv: argv.slice(0, -1) })
}

/**
 * @param module see `startChild`: it answers one message with one
 * @throws Error if the process ended without an answer, for lack of memory as well
 */
export async function inChild<Task extends object, Answer>(base: string, module: string, task: Task): Promise<Answer> {
  const child = startChild(base, module)
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
