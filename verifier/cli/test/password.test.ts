/** The password from a file, and from a person at a terminal. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { newPassword, passwordOf, type Terminal } from '../password.js'

const failure = async (work: Promise<unknown>): Promise<UserError> => {
  const error = await work.then(
    () => undefined,
    error => error,
  )
  expect(error).to.be.instanceOf(UserError)
  return error
}

/** A person who types each answer once there is a question. */
function person(...answers: string[]): { readonly terminal: Terminal; readonly seen: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  const output = new PassThrough()
  let seen = ''
  output.on('data', (chunk: Buffer) => {
    seen += chunk
    if (seen.endsWith(': ')) setImmediate(() => input.write(answers.shift() ?? '\u0004'))
  })
  return { terminal: { input, output }, seen: () => seen }
}

describe('the password', () => {
  describe('in a file', () => {
    let dir: string
    let path: string
    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'bandwitness-password-'))
      path = join(dir, 'password')
    })
    after(() => rm(dir, { recursive: true }))

    it('is its line, without the end that editors add, and with the spaces that are a part of it', async () => {
      for (const text of [' a päss word ', ' a päss word \n', ' a päss word \r\n', '\ufeff a päss word \n']) {
        await writeFile(path, text)
        expect(await passwordOf('keys.json', path)).to.equal(' a päss word ')
        expect(await newPassword(path)).to.equal(' a päss word ')
      }
    })

    it('is refused in one sentence if the file is empty, has two lines, is no text or is missing', async () => {
      for (const content of ['', '\n', 'password\n\n', 'first\nsecond', Buffer.from([0xff, 0xfe, 0x41, 0x00])]) {
        await writeFile(path, content)
        expect((await failure(passwordOf('keys.json', path))).message).to.match(/^Cannot use --password-file .*\.$/)
      }
      expect((await failure(passwordOf('keys.json', join(dir, 'nowhere')))).message).to.include('nowhere')
    })

    it('is refused for new keys if it is short, also if only characters that do not count make it long', async () => {
      for (const text of ['1234567', '\u0007\u0007\u0007\u0007123456\u0007', '🔑🔑🔑🔑🔑🔑🔑']) {
        await writeFile(path, text)
        expect((await failure(newPassword(path))).message)
          .to.include('at least 8')
          .and.not.include(text)
      }
    })
  })

  describe('at a terminal', () => {
    it('is asked for once, and not shown', async () => {
      const { terminal, seen } = person('correct horse\r')
      expect(await passwordOf('D/keys.json', undefined, terminal)).to.equal('correct horse')
      expect(seen()).to.equal('Password of D/keys.json: \n')
    })

    it('is asked for twice for new keys, and may be corrected while it is typed', async () => {
      const { terminal, seen } = person('correct horsf\u007fe\r', 'correct horse\r')
      expect(await newPassword(undefined, terminal)).to.equal('correct horse')
      expect(seen()).to.equal('New password for the keys: \nThe same password again: \n')
    })

    it('is refused if the second differs', async () => {
      const { terminal } = person('correct horse\r', 'correct house\r')
      expect((await failure(newPassword(undefined, terminal))).message).to.include('differ')
    })

    it('is not there if the person gives up', async () => {
      for (const key of ['\u0003', '\u0004'])
        expect((await failure(passwordOf('keys.json', undefined, person(key).terminal))).message).to.include(
          'No password',
        )
    })

    it('is not waited for without a terminal', async () => {
      const terminal = { input: new PassThrough(), output: new PassThrough() }
      expect((await failure(passwordOf('keys.json', undefined, terminal))).message).to.include('--password-file')
    })
  })
})
