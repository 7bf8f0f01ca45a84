/** A key file that cannot be used, or must not be replaced. The message is one line that says what to do. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
}
