/** A process that floods: takes its orders over the channel, and ends with it. */
import '../../proto/polyfill.js'
import { Attacker } from './attacker.js'
import { FLOODS } from './floods.js'
import type { AttackerAnswer, AttackerOrder, AttackKind } from './messages.js'

let attacker: Attacker | undefined
let kind: AttackKind | undefined
const stopping = new AbortController()
let flood: Promise<void> = Promise.resolve()

const answer = (message: AttackerAnswer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
process.on('message', async (order: AttackerOrder) => {
  if ('prepare' in order) {
    kind = order.prepare.kind
    attacker = await Attacker.start(order.prepare)
    return answer({ prepared: true })
  }
  if ('begin' in order) {
    flood = FLOODS[kind!](attacker!, stopping.signal)
    return answer({ begun: true })
  }
  stopping.abort()
  await flood
  answer({ report: attacker!.counts })
  await attacker!.stop()
})
answer({ ready: true })
