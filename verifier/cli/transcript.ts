import type { InferredOptionTypes } from 'yargs'
import { fromHex, type Hex, ZERO_HASH } from '../../proto/hex.js'
import { WholeBallot } from '../../proto/messages.js'
import { decodeVote } from '../../proto/vote.js'
import { UserError } from '../config/errors.js'
import { writeWhole } from '../config/whole-file.js'
import { epochArgument } from '../evidence/schema/arguments.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { SavedTranscriptJson } from '../evidence/schema/transcript.js'
import { askApi } from './api-client.js'
import { argumentOf } from './argument.js'
import { chainToAsk } from './chain-option.js'
import { FOUND_API_OPTION, foundApi } from './found-api.js'
import type { Command } from './lazily.js'
import { type Kind, type Named, named, theOne } from './named.js'
import { print } from './output.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...FOUND_API_OPTION,
  ...chainToAsk('that names a node to ask'),
  epoch: { type: 'string', default: 'latest', describe: 'Epoch of a session that is named by its beginning' },
  out: { type: 'string', demandOption: true, describe: 'File to write; an existing file is never replaced' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { session?: string | undefined; json?: unknown }

export const transcript: Command<Flags> = {
  builder: y =>
    settings(y, OPTIONS).positional('session', {
      type: 'string',
      demandOption: true,
      describe: 'Session id, as `bandwitness explain` shows it, or a unique beginning such as 0x3b54',
    }),
  handler: async flags => {
    const who = named(flags.session, SESSION)
    const epoch = argumentOf(epochArgument, flags.epoch, '--epoch ')
    const api = await foundApi(flags)
    const session = await sessionOf(who, api, epoch)
    const bytes = fromHex((await askApi(api, ENDPOINTS.transcript, { session })).transcript)
    await save(flags.out, bytes)
    const saved: SavedTranscriptJson = { sessionId: session, file: flags.out, bytes: bytes.length }
    print(flags, saved, savedText)
  },
}

const SESSION: Kind = {
  digits: 64,
  advice: 'is not a session id. Give 0x and 64 hexadecimal digits, or their beginning.',
}

/** @throws UserError 'usage' for the beginning of no session of the epoch, or of several */
async function sessionOf(who: Named, api: string, epoch: number | 'latest'): Promise<Hex> {
  if (who.kind === 'whole') return who.hex as Hex
  if (who.kind === 'name') throw new UserError('usage', `${who.name} ${SESSION.advice}`)
  const { ballots, header } = await askApi(api, ENDPOINTS.evidence, { epoch })
  return theOne(who, decoded(ballots, api), 'session', `of epoch ${header.epoch}`)
}

/** @throws UserError 'evidence' for ballots that cannot be decoded */
function decoded(ballots: readonly Hex[], api: string): Hex[] {
  try {
    const votes = ballots.flatMap(ballot => WholeBallot.decode(fromHex(ballot)).votes.map(decodeVote))
    return votes.map(({ sessionId }) => sessionId).filter(id => id !== ZERO_HASH)
  } catch (cause) {
    throw new UserError('evidence', `The ballots of ${api} cannot be decoded. Give the whole session id.`, { cause })
  }
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
