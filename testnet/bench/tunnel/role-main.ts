/** The process of one role: `role-main OPTIONS`, with the options as JSON. The process ends when its parent ends. */
import '../../../proto/polyfill.js'
import { clientPart } from './client-part.js'
import { exitPart } from './exit-part.js'
import { relayPart } from './relay-part.js'
import type { Answer, Order, Part, Role, RoleOptions } from './role-messages.js'

const PARTS: Record<Role, (options: RoleOptions) => Promise<Part>> = {
  client: clientPart,
  relay: relayPart,
  exit: exitPart,
}

const options = JSON.parse(process.argv[2]!) as RoleOptions
const answer = (message: Answer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
const part = await PARTS[options.role](options)
process.on('message', (order: Order) => void part.handle(order).then(answer))
answer(part.first)
