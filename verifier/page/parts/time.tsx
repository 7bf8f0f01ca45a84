/** A time, for the reader and for programs. */
import { timeText } from '../../evidence/text/figures.js'

export const Time = ({ ms }: { ms: number }) => (
  <time dateTime={new Date(ms).toISOString()}>{timeText(Math.floor(ms / 1000))}</time>
)
