/** The last five windows that count, oldest first, as dots and in words. */
import { breachText } from '../../evidence/text/figures.js'
import { breachSentence } from '../model/breach-sentence.js'

export const Breaches = ({ bits }: { bits: number }) => (
  <span
    class={bits > 0 ? 'dots bad' : 'dots'}
    role="img"
    aria-label={breachSentence(bits)}
    title={breachSentence(bits)}
  >
    {breachText(bits)}
  </span>
)
