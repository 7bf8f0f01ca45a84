/** The thread of the desk. It answers one message after the other. */
import '../../proto/polyfill.js'
import { parentPort, workerData } from 'node:worker_threads'
import { memoryOf, type PackedPlan } from '../core/assignment/plan.js'
import { Desk, type DeskSettings, type Tasks } from './desk.js'

/** What is asked of the desk. The answers come in the same order. */
export type Question = { readonly [K in keyof Tasks]: { readonly kind: K; readonly asked: Tasks[K]['asked'] } }[keyof Tasks]
export type Reply = { readonly answer: Tasks[keyof Tasks]['answer'] } | { readonly error: string }

const desk = new Desk(workerData as DeskSettings)
const main = parentPort!

main.on('message', (question: Question) => {
  try {
    const answer = answerTo(question)
    main.postMessage({ answer } satisfies Reply, question.kind === 'assign' ? memoryOf(answer as PackedPlan) : [])
  } catch (error) {
    main.postMessage({ error: (error as Error).message } satisfies Reply)
  }
})

function answerTo({ kind, asked }: Question): Tasks[keyof Tasks]['answer'] {
  switch (kind) {
    case 'assign':
      return desk.assign(asked)
    case 'take':
      return desk.take(asked)
    case 'lacks':
      return desk.lacks(asked)
    case 'work':
      return desk.work(asked)
    case 'report':
      return desk.report(asked)
  }
}
