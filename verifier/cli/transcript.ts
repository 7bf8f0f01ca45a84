import type { CommandModule, InferredOptionTypes } from 'yargs'
import { fromHex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import { writeWhole } from '../config/whole-file.js'
import { sessionArgument } from '../evidence/schema/arguments.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { SavedTranscriptJson } from '../evidence/schema/transcript.js'
import { API_OPTION, askApi } from './api-client.js'
import { argumentOf } from './argument.js'
import { print } from './output.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  out: { type: 'string', demandOption: true, describe: 'File to write; an existing file is never replaced' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { session?: string | undefined; json?: unknown }

export const transcript: CommandModule<object, Flags> = {
  command: 'transcript <session>',
  describe: 'Save the signed evidence behind one vote',
  builder: y =>
    settings(y, OPTIONS).positional('session', {
      type: 'string',
      demandOption: true,
      describe: 'Session id, as `bandwitness explain` shows it',
    }),
  handler: async flags => {
    const session = argumentOf(sessionArgument, flags.session)
    const bytes = fromHex((await askApi(flags.api, ENDPOINTS.transcript, { session })).transcript)
    await save(flags.out, bytes)
    const saved: SavedTranscriptJson = { sessionId: session, file: flags.out, bytes: bytes.length }
    print(flags, saved, savedText)
  },
}

const savedText = ({ file, bytes }: SavedTranscriptJson): string =>
  `Saved ${bytes} bytes in ${file}. Check them with \`bandwitness verify-transcript ${file}\`.`

async function save(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeWhole(file, bytes, { place: 'new' })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'the file exists already' : message
    throw new UserError('usage', `Cannot write --out ${file}: ${reason}. Choose another file.`, { cause })
  }
}
