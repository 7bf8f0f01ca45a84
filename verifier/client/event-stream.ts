/** A stream of server-sent events, as far as a verifier uses it: one line of data for each event, and comments. */
import { partsOf } from './body.js'

/** An honest event is shorter. */
const MAX_LINE_CHARACTERS = 64 * 1024

/**
 * The data of each event.
 * @param heard called with every part that comes, comments included
 * @throws RangeError for a line that is too long
 */
export async function* dataOf(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of partsOf(body)) {
    heard()
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_LINE_CHARACTERS) throw new RangeError('a line of the event stream is too long')
    for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length)
  }
}
