/**
 * Work that ends early when one of several signals aborts. `AbortSignal.any` gives such a signal as well, but on Node 20 each
 * of them leaves an entry in its sources for good, and a node that stops in a year dials millions of times until then.
 */
export async function withAnySignal<T>(
  sources: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const any = new AbortController()
  const end = () => any.abort(sources.find(({ aborted }) => aborted)?.reason)
  for (const source of sources) source.addEventListener('abort', end, { once: true })
  if (sources.some(({ aborted }) => aborted)) end()
  try {
    return await work(any.signal)
  } finally {
    for (const source of sources) source.removeEventListener('abort', end)
  }
}
