import { readFile } from 'node:fs/promises'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { checkRegistered } from '../evidence/registry-checks.js'
import { type CheckedTranscript, checkTranscript, parseTranscript } from '../evidence/transcript-checks.js'
import { askChain, chainOptions } from './chain-option.js'
import { rateText } from './figures.js'
import { OUTCOME_TEXT } from './outcome-text.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'

const OPTIONS = chainOptions('ask this chain whether the keys are those of who took part; nobody is asked without it')

type Flags = InferredOptionTypes<typeof OPTIONS> & { file?: string | undefined; json?: unknown }

export const verifyTranscript: CommandModule<object, Flags> = {
  command: 'verify-transcript <file>',
  describe: "check a session's transcript again, byte by byte",
  builder: y =>
    settings(y, OPTIONS).positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'a transcript, as `bandwitness transcript` saves it',
    }),
  handler: async flags => {
    const file = flags.file ?? ''
    const parsed = parseTranscript(await contentsOf(file), file)
    const registered = await askChain(flags, (chain, { params }) => checkRegistered(parsed, chain, params))
    const checked = await checkTranscript(parsed)
    const askedChain = registered !== undefined
    const checks = [...checked.checks, ...(registered ?? [])]
    const found = { ...checked, checks, askedChain }
    process.stdout.write(`${flags.json ? JSON.stringify(found) : transcriptText(found)}\n`)
    const failed = checks.filter(({ holds }) => !holds).map(({ what }) => what)
    if (failed.length === 0) return
    throw new UserError('evidence', `The transcript does not hold; not so: ${failed.join('; ')}.`)
  },
}

async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message
    throw new UserError('usage', `Cannot read ${file}: ${reason}. Get one with \`bandwitness transcript\`.`, { cause })
  }
}

function transcriptText(of: CheckedTranscript & { readonly askedChain: boolean }): string {
  const found = of.outcome === null ? 'an unknown outcome' : OUTCOME_TEXT[of.outcome]
  const rows = of.senders.map(({ verifier, answer, revealed, arrived, verified, receiptBytes }) => [
    `${verifier}`,
    answer,
    revealed ? 'yes' : 'no',
    `${arrived}`,
    `${verified}`,
    receiptBytes === null ? 'none' : `${receiptBytes}`,
  ])
  return [
    `Session ${of.sessionId}`,
    `Epoch ${of.epoch}, chain ${of.network.chainId}: verifier ${of.receiver} of provider ${of.provider}, against a claim of ${rateText(of.claimKbps)}`,
    `Vote    ${found}${of.reason ? ` (${of.reason})` : ''}, ${rateText(of.rateKbps)}; the senders offered ${rateText(of.offeredKbps)}\n`,
    `${textTable([['SENDER', 'PROVIDER', 'KEY SHOWN', 'ARRIVED', 'VERIFIED', 'RECEIPTED BYTES'], ...rows])}\n`,
    ...of.checks.map(({ what, holds }) => `${holds ? '✓' : '✗'} ${what}`),
    '\nOn its word alone: when the data arrived, by the receiver’s clock. Not asked here: whether the vote is in an accepted',
    'report; `bandwitness explain` shows that.',
    ...(of.askedChain ? [] : ['Not asked: whether the keys are those that the chain names; --rpc and --network do.']),
  ].join('\n')
}
