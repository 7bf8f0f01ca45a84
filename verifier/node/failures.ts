/** Handles errors in a running verifier. An abort while the node stops is not an error. */
import { StoreError } from '../store/errors.js'
import type { VerifierContext } from './context.js'
import { isAbort } from './waiting.js'

/** Lets work run beside the epochs. An error that nobody expected ends the node, so that the error cannot go unseen. */
export function inBackground(
  { stopping, fail }: Pick<VerifierContext, 'stopping' | 'fail'>,
  work: Promise<unknown>,
): void {
  work.catch(error => {
    if (!isAbort(error) && !stopping.aborted) fail(error)
  })
}

/** Logs the error of a step that the node takes again. @throws AbortError if the node is stopping */
export function logFailure(
  context: Pick<VerifierContext, 'stopping' | 'fail' | 'log'>,
  error: Error,
  what: string,
): void {
  context.stopping.throwIfAborted()
  failOnStoreError(context, error)
  context.log.warn({ error: error.message }, what)
}

/** A verifier whose store does not work cannot go on. */
export function failOnStoreError({ fail }: Pick<VerifierContext, 'fail'>, error: unknown): void {
  if (error instanceof StoreError) fail(error)
}
