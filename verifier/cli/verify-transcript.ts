import { readFile } from 'node:fs/promises'
import type { InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { unreadableBecause } from '../config/unreadable.js'
import { OUTCOME_TEXT } from '../evidence/outcome-text.js'
import { checkRegistered } from '../evidence/registry-checks.js'
import type { VerifiedTranscriptJson } from '../evidence/schema/transcript.js'
import { checkTranscript, parseTranscript } from '../evidence/transcript-checks.js'
import { askChain, chainOptions } from './chain-option.js'
import { field } from './explanation/layout.js'
import { rateText } from './figures.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { printable } from './printable.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

const OPTIONS = chainOptions('who took part')

type Flags = InferredOptionTypes<typeof OPTIONS> & { file?: string | undefined; json?: unknown }

export const verifyTranscript: Command<Flags> = {
  builder: y =>
    settings(y, OPTIONS).positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Transcript, as `bandwitness transcript` saves it',
    }),
  handler: async flags => {
    const file = flags.file ?? ''
    const parsed = parseTranscript(await contentsOf(file), file)
    const registered = await askChain(flags, (chain, { params }) => checkRegistered(parsed, chain, params))
    const checked = await checkTranscript(parsed)
    const checks = [...checked.checks, ...(registered ?? [])]
    print(flags, { ...checked, checks, askedChain: registered !== undefined }, transcriptText)
    const failed = checks.filter(({ holds }) => !holds).map(({ what }) => what)
    if (failed.length === 0) return
    throw new UserError('evidence', `The transcript does not prove its vote. Failed checks: ${failed.join('; ')}.`)
  },
}

async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    const reason = unreadableBecause(cause)
    throw new UserError('usage', `Cannot read ${file}: ${reason}. Get one with \`bandwitness transcript\`.`, { cause })
  }
}

/** What a change of one byte does not get past. */
const COVERED =
  'The session and its parties; every answer, key, log and receipt, by its signature; every datagram that verifies, by the revealed key; and the outcome and the rate, which follow from what the transcript says.'

/** What only the receiver says. A change of it passes as long as the outcome and the rate follow. */
const UNCOVERED = [
  'What nobody else saw: when datagrams arrived, the readings and delays that follow from it, its own pauses, and the addresses.',
  'Of the vote: the heartbeats, the proof of the schedule, and what it says of the receiver’s other session.',
]

function datagramsText({ senders }: VerifiedTranscriptJson): string {
  const sum = (of: 'arrived' | 'verified') => senders.reduce((total, sender) => total + sender[of], 0)
  const [arrived, verified] = [sum('arrived'), sum('verified')]
  if (arrived === 0) return 'None arrived.'
  return verified === arrived
    ? `All ${arrived} that arrived verify.`
    : `${arrived} arrived, and ${arrived - verified} of them do not verify.`
}

function transcriptText(of: VerifiedTranscriptJson): string {
  const found = of.outcome === null ? 'an unknown outcome' : OUTCOME_TEXT[of.outcome]
  const rows = of.senders.map(({ verifier, answer, revealed, arrived, verified, receiptBytes }) => [
    `${verifier}`,
    printable(answer),
    revealed ? 'yes' : 'no',
    `${arrived}`,
    `${verified}`,
    receiptBytes === null ? 'none' : `${receiptBytes}`,
  ])
  return [
    `Session ${of.sessionId}`,
    `Chain ${of.network.chainId}, epoch ${of.epoch}: verifier ${of.receiver} measured provider ${of.provider}.`,
    `Claim   ${rateText(of.claimKbps)}`,
    `Vote    ${found}${of.reason ? ` (${printable(of.reason)})` : ''}, ${rateText(of.rateKbps)}; the senders offered ${rateText(of.offeredKbps)}\n`,
    `${textTable([['SENDER', 'PROVIDER', 'KEY REVEALED', 'ARRIVED', 'VERIFIED', 'RECEIPTED BYTES'], ...rows])}\n`,
    ...of.checks.map(({ what, holds }) => `${holds ? '✓' : '✗'} ${what}`),
    '',
    field('Datagrams', datagramsText(of)),
    field('Covered', COVERED),
    field('Not covered', ...UNCOVERED),
    field('Not checked', 'Whether an accepted report counts the vote: `bandwitness explain` shows that.'),
    ...(of.askedChain
      ? []
      : [
          field(
            '',
            'Whether the chain names these keys, this claim and this slashing threshold: pass --rpc and --network to check that.',
          ),
        ]),
  ].join('\n')
}
