/** The process of one role: `role-main OPTIONS`, with the options as JSON. The process ends when its parent ends. */
import '../../../proto/polyfill.js'
import type { Answer, Order, Part, Role, RoleOptions } from './role-messages.js'

/** Loaded late, as the commands of a client and an exit are. */
const PARTS: Record<Role, (options: RoleOptions) => Promise<Part>> = {
  client: async options => {
    await import('../../../market/small-nursery.js')
    return (await import('./client-part.js')).clientPart(options)
  },
  relay: async options => (await import('./relay-part.js')).relayPart(options),
  exit: async options => {
    await import('../../../market/small-nursery.js')
    return (await import('./exit-part.js')).exitPart(options)
  },
}

const options = JSON.parse(process.argv[2]!) as RoleOptions
const answer = (message: Answer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
const part = await PARTS[options.role](options)
process.on('message', (order: Order) => void part.handle(order).then(answer))
answer(part.first)
