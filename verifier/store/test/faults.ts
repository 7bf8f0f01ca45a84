/** What the tests of the store share. */
import { expect } from 'chai'
import { StoreError, type StoreFault } from '../errors.js'

export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  )

/** One line for a person, with these words. */
export async function expectFault(promise: Promise<unknown>, fault: StoreFault, ...words: string[]): Promise<void> {
  const error = await failure(promise)
  expect(error).to.be.instanceOf(StoreError)
  expect((error as StoreError).fault).to.equal(fault)
  expect((error as StoreError).message).to.not.include('\n')
  for (const word of words) expect((error as StoreError).message).to.include(word)
}
