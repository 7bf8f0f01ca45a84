/** What befalls providers in the middle of a client's transfer, by their profiles. */
import type { Nodes } from './nodes.js'
import type { PlannedProvider } from './plan.js'

/** Long enough for a client to leave, and for a few epochs of an honest provider too short to lose stake. */
const STOPPED_MS = 10_000

export function befall(
  nodes: Pick<Nodes, 'kill' | 'pause' | 'resume'>,
  providers: readonly Pick<PlannedProvider, 'name' | 'profileName'>[],
): void {
  for (const { name, profileName } of providers) {
    if (profileName === 'vanisher') nodes.kill(name)
    if (profileName !== 'blackhole') continue
    nodes.pause(name)
    setTimeout(() => nodes.resume(name), STOPPED_MS).unref()
  }
}
