/** The password of a node's keys: the one line of a file, or what a person types without seeing it. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UserError } from '../config/errors.js'

export const PASSWORD_OPTION = {
  'password-file': {
    type: 'string',
    describe: "File whose one line is the password of the node's keys (default: asked for on the terminal)",
  },
} as const

/** Where a person is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** standard error, so that standard output holds results alone */
  readonly output: NodeJS.WritableStream
}

const THIS_TERMINAL: Terminal = { input: process.stdin, output: process.stderr }

/** As the deposit tool of Ethereum and Lodestar ask for. */
const LEAST_CHARACTERS = 8

/** @param what is opened, for the question. @throws UserError */
export async function passwordOf(what: string, file: string | undefined, terminal = THIS_TERMINAL): Promise<string> {
  return file === undefined ? await asked(`Password of ${what}: `, terminal) : await lineOf(file)
}

/** A password for new keys. A person types it twice. @throws UserError */
export async function newPassword(file: string | undefined, terminal = THIS_TERMINAL): Promise<string> {
  const password = file === undefined ? await asked('New password for the keys: ', terminal) : await lineOf(file)
  const characters = [...password.normalize('NFKD').replace(/\p{Cc}/gu, '')].length // as EIP-2335 reads it
  if (characters < LEAST_CHARACTERS) {
    throw new UserError(
      'usage',
      `The password has ${characters} characters. Choose one of at least ${LEAST_CHARACTERS}.`,
    )
  }
  if (file === undefined && (await asked('The same password again: ', terminal)) !== password) {
    throw new UserError('usage', 'The two passwords differ. Nothing was written: try again.')
  }
  return password
}

async function lineOf(path: string): Promise<string> {
  let text: string
  try {
    // It drops the mark that some editors put before the text.
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    throw unusable(path, (cause as Error).message, cause)
  }
  const line = text.replace(/\r?\n$/, '')
  if (line === '') throw unusable(path, 'it is empty')
  if (/[\r\n]/.test(line)) throw unusable(path, 'it has more than one line')
  return line
}

async function asked(question: string, { input, output }: Terminal): Promise<string> {
  if (!input.isTTY) {
    throw new UserError('usage', 'There is no terminal to ask for a password at. Pass a file with --password-file.')
  }
  output.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silent, terminal: true, historySize: 0 })
  try {
    return await new Promise((resolve, reject) => {
      const giveUp = () => reject(new UserError('usage', 'No password was given, so nothing was done.'))
      lines.once('line', resolve).once('SIGINT', giveUp).once('close', giveUp)
    })
  } finally {
    lines.close()
    output.write('\n')
  }
}

const unusable = (path: string, reason: string, cause?: unknown): UserError =>
  new UserError('configuration', `Cannot use --password-file ${path}: ${reason}. Write the password as its one line.`, {
    cause,
  })
