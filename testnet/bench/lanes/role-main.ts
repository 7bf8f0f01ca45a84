/** The process of one role: `role-main OPTIONS`, with the options as JSON. The process ends when its parent ends. */
import '../../../proto/polyfill.js'
import { goFirst } from '../../process/niceness.js'
import { relayPart } from './relay-part.js'
import type { Answer, Order, Part, RoleOptions } from './role-messages.js'
import { usersPart } from './users-part.js'
import { verifierPart } from './verifier-part.js'

/** A relay shares its machine with none of its users. And a user who is held up sends a burst, which is not what is measured. */
const NICENESS: Record<RoleOptions['role'], number> = { relay: -15, users: -10, verifier: -10 }

function open(options: RoleOptions): Promise<Part> {
  if (options.role === 'relay') return relayPart(options)
  return options.role === 'users' ? usersPart(options) : verifierPart(options)
}

const answer = (message: Answer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
const options = JSON.parse(process.argv[2]!) as RoleOptions
goFirst(NICENESS[options.role])
const part = await open(options)
process.on('message', (order: Order) => void part.handle(order).then(answer))
answer(part.first)
