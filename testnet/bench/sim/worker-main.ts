/** The thread of one run. */
import '../../../proto/polyfill.js'
import type { SimTask } from './plan.js'
import { type RunFigures, runTask } from './run.js'

export default (task: SimTask): RunFigures => runTask(task)
