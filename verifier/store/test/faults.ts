/** Helpers with which the tests of the store cause and expect faults. */
import { expect } from 'chai'
import { StoreError, type StoreFault } from '../errors.js'
import { openRecordFile, type RecordFile } from '../signing-record.js'

export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  )

/** Expects a StoreError whose message is one line and contains these words. */
export async function expectFault(promise: Promise<unknown>, fault: StoreFault, ...words: string[]): Promise<void> {
  const error = await failure(promise)
  expect(error).to.be.instanceOf(StoreError)
  expect((error as StoreError).fault).to.equal(fault)
  expect((error as StoreError).message).to.not.include('\n')
  for (const word of words) expect((error as StoreError).message).to.include(word)
}

export type Faults = Partial<Record<keyof RecordFile, NodeJS.ErrnoException>>
/** An error of the system. */
export const io = (code: string) => Object.assign(new Error(`${code}: it failed`), { code })
/** The real file, until a fault is set. A write that fails has written half of its bytes. */
export const failing =
  (faults: Faults): typeof openRecordFile =>
  async name => {
    const file = await openRecordFile(name)
    const unless = (operation: keyof RecordFile) => {
      if (faults[operation]) throw faults[operation]
    }
    return {
      close: () => file.close(),
      write: (async (bytes: Uint8Array, offset: number) => {
        const half = await file.write(bytes, offset, Math.ceil((bytes.length - offset) / 2))
        unless('write')
        return half
      }) as RecordFile['write'],
      datasync: async () => {
        unless('datasync')
        await file.datasync()
      },
      truncate: async length => {
        unless('truncate')
        await file.truncate(length)
      },
    }
  }
