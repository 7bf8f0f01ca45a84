/** Whether what one sees is up to date, and what the network does just now. */
import { useLive } from '../data/live.js'
import { Term } from './term.js'

export function LiveLine() {
  const { isConnected, phase } = useLive()
  return (
    <p class="live">
      <span class={isConnected ? 'good' : 'warn'}>{isConnected ? '● live' : '○ not connected'}</span>
      {phase !== undefined && phase.epoch > 0 && (
        <>
          {' · '}
          <Term word="epoch">epoch</Term> {phase.epoch}, {phase.state}
        </>
      )}
    </p>
  )
}
