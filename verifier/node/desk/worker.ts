/** The thread of the desk. */
import '../../../proto/polyfill.js'
import { workerData } from 'node:worker_threads'
import { type Answer, answering } from '../../../proto/thread.js'
import { memoryOf } from '../../core/assignment/plan.js'
import { Desk, type DeskSettings, type Tasks } from './desk.js'

/** What is asked of the desk. */
export type Question = {
  readonly [K in keyof Tasks]: { readonly kind: K; readonly asked: Tasks[K]['asked'] }
}[keyof Tasks]
export type AnyAnswer = Tasks[keyof Tasks]['answer']

const desk = new Desk(workerData as DeskSettings)

answering(
  (question: Question): Answer<AnyAnswer> => {
    switch (question.kind) {
      case 'assign': {
        const plan = desk.assign(question.asked)
        return { answer: plan, moved: memoryOf(plan) }
      }
      case 'lacksWork':
        return { answer: desk.lacksWork(question.asked) }
      case 'take':
        return { answer: desk.take(question.asked) }
      case 'count':
        return { answer: desk.count(question.asked) }
      case 'votes':
        return { answer: desk.votes(question.asked) }
      case 'report':
        return { answer: desk.report(question.asked) }
      case 'leaves':
        return { answer: desk.leaves(question.asked) }
      case 'work':
        return { answer: desk.work(question.asked) }
    }
  },
  () => desk.catchUp(),
)
