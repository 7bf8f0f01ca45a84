/** The process of one role: `role-main OPTIONS`, with the options as JSON. The process ends when its parent ends. */
import '../../../proto/polyfill.js'
import { relayPart } from './relay-part.js'
import type { Answer, Order, Part, RoleOptions } from './role-messages.js'
import { usersPart } from './users-part.js'
import { verifierPart } from './verifier-part.js'

function open(options: RoleOptions): Promise<Part> {
  if (options.role === 'relay') return relayPart(options)
  return options.role === 'users' ? usersPart(options) : verifierPart(options)
}

const answer = (message: Answer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
const part = await open(JSON.parse(process.argv[2]!) as RoleOptions)
process.on('message', (order: Order) => void part.handle(order).then(answer))
answer(part.first)
