/** The signals by which somebody asks a command to end. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** From now on such a signal aborts the returned one and does nothing else. The command ends by itself. */
export function onInterrupt(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of STOP_SIGNALS) process.on(signal, () => interrupted.abort())
  return interrupted.signal
}
