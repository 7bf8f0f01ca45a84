import type { Standing } from '../model/standing.js'

const TONE: Record<Standing, string> = {
  'above threshold': 'good',
  'below threshold': 'bad',
  unserving: 'bad',
  unmeasured: 'warn',
  new: 'quiet',
  exited: 'quiet',
}

export const StandingText = ({ of }: { of: Standing }) => <span class={TONE[of]}>{of}</span>
