/** The body of an answer, read no further than a limit. */

/** The parts of a stream; ending the loop ends the stream. Browsers cannot iterate a stream by themselves. */
export async function* partsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Undefined for a body that is longer than `maxBytes`: the rest is not read. */
export async function textOf({ body }: Pick<Response, 'body'>, maxBytes: number): Promise<string | undefined> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for await (const part of partsOf(body)) {
    length += part.length
    if (length > maxBytes) return undefined
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}
