import { writeFile } from 'node:fs/promises'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { fromHex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import { API_OPTION, askApi } from './api-client.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  out: { type: 'string', demandOption: true, describe: 'the file to write; one that exists is not replaced' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { session?: string | undefined; json?: unknown }

export const transcript: CommandModule<object, Flags> = {
  command: 'transcript <session>',
  describe: 'save the evidence behind one vote: what the receiver, the senders and the provider signed',
  builder: y =>
    settings(y, OPTIONS).positional('session', {
      type: 'string',
      demandOption: true,
      describe: 'the session id, as `bandwitness explain` shows it',
    }),
  handler: async flags => {
    const sessionId = (flags.session ?? '').toLowerCase()
    if (!/^0x[0-9a-f]{64}$/.test(sessionId)) {
      throw new UserError(
        'usage',
        `${flags.session} is no session id: \`bandwitness explain\` shows those of an epoch.`,
      )
    }
    const { transcript: hex } = await askApi<{ transcript: string }>(flags.api, `/v1/transcripts/${sessionId}`)
    const bytes = fromHex(hex)
    await save(flags.out, bytes)
    const saved = { sessionId, file: flags.out, bytes: bytes.length }
    const text = `${flags.out}: ${bytes.length} bytes. Check it with \`bandwitness verify-transcript ${flags.out}\`.`
    process.stdout.write(`${flags.json ? JSON.stringify(saved) : text}\n`)
  },
}

async function save(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes, { flag: 'wx' })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'it exists already' : message
    throw new UserError('usage', `Cannot write --out ${file}: ${reason}. Choose another file.`, { cause })
  }
}
