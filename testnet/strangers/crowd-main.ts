/** A crowd of strangers: takes its orders over the channel, and ends with it. */
import '../../proto/polyfill.js'
import type { CrowdAnswer, CrowdOrder, CrowdReport } from './messages.js'
import { Stranger } from './stranger.js'

const counts = {
  ...{ keys: 0, shutOut: 0, mute: 0, openings: 0, granted: 0, refused: 0, unanswered: 0, sentDatagrams: 0 },
} satisfies CrowdReport
let strangers: Stranger[] = []

const answer = (message: CrowdAnswer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))
process.on('message', async (order: CrowdOrder) => {
  if ('attack' in order) {
    const { attack } = order
    strangers = await Promise.all(attack.hosts.map(host => Stranger.start(attack, host, counts)))
  } else {
    await Promise.all(strangers.map(stranger => stranger.stop()))
    strangers = []
  }
  answer({ report: counts })
})
answer({ ready: true })
