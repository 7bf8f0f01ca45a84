/**
 * The command line: its commands, and how it ends. A setting comes from the flag, else from BANDWITNESS_…, else from the
 * --config file, else from the default. Exit codes are those of `EXIT_CODE`; an error is one line on standard error.
 */
import yargs, { type Argv } from 'yargs'
import { EXIT_CODE, UserError } from '../config/errors.js'
import { readConfig } from './config-file.js'
import { lazily } from './lazily.js'
import { networkCommands } from './network/commands.js'
import { parserMessage } from './parser-message.js'
import { reportError } from './report-error.js'
import { verifierCommands } from './verifier-commands.js'

const EXIT_CODES_TEXT = `Exit codes: 0 success, ${Object.entries(EXIT_CODE)
  .map(([name, code]) => `${code} ${name.replaceAll('-', ' ')}`)
  .join(', ')}. See docs/guides/exit-codes.md.`

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  let configFault: unknown
  try {
    refuseEmpty(args)
    await commandLine(args, fault => {
      configFault = fault
    }).parseAsync()
    return 0
  } catch (error) {
    return reportError(configFault ?? usageFault(error))
  }
}

/** As where a script's variable is not set. The parser would take it for 0, or for a setting that is not given. */
function refuseEmpty(args: readonly string[]): void {
  const at = args.findIndex(arg => arg === '' || /^--[\w-]+=$/.test(arg))
  if (at < 0) return
  const before = args[at] === '' ? args[at - 1] : args[at]!.slice(0, -1)
  const what = before?.startsWith('--') ? `${before} has no value` : 'An argument is empty'
  throw new UserError('usage', `${what}. Give one, or leave it out.`)
}

/** What the parser finds wrong. It throws that itself once it has waited for a command to be loaded. */
function usageFault(error: unknown): unknown {
  if (!(error instanceof Error && error.name === 'YError')) return error
  return new UserError('usage', `${parserMessage(error.message || 'Wrong usage')} Run \`bandwitness --help\`.`)
}

/** @param onConfigFault gets the error of a file of settings, of which the parser keeps only the message */
export function commandLine(args: readonly string[], onConfigFault: (error: unknown) => void = () => {}): Argv {
  const configParser = (path: string) => {
    try {
      return readConfig(path)
    } catch (error) {
      onConfigFault(error)
      throw error
    }
  }
  const cli = yargs([...args])
    .scriptName('bandwitness')
    .usage(
      '$0 COMMAND\n\nMeasures whether bandwidth providers deliver the rate that they promise, and certifies the result on a chain.',
    )
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .env('BANDWITNESS')
    .option('config', {
      type: 'string',
      config: true,
      configParser,
      describe: 'File of settings, YAML or JSON',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON on standard output' })
    // Commands that are built on top of the verifier may be loaded only when they are called.
    .command('testnet', 'Run a whole network on this machine, and check what it certifies', async y =>
      (await import('../../testnet/command.js')).testnetCommands(y),
    )
    .command('verifier', 'Measure providers and certify reports', verifierCommands)
    .command('provider', 'Relay traffic at a promised rate', async y =>
      (await import('../../market/provider/command.js')).providerCommands(y),
    )
    .command('client', 'Send traffic through providers, and pay for what they carry', async y =>
      (await import('../../market/client/command.js')).clientCommands(y),
    )
    .command('exit', 'End the tunnels of clients, and connect to what they ask for', async y =>
      (await import('../../market/exit/command.js')).exitCommands(y),
    )
    .command('config', 'The settings of a node', async y => {
      const { RUN_OPTIONS: provider } = await import('../../market/provider/run-options.js')
      const { RUN_OPTIONS: verifier } = await import('./verifier-run.js')
      const { configCommands } = await import('./config-show.js')
      return configCommands(y, { verifier, provider }, args)
    })
    .command('network', 'Deploy a network to a chain, and look at one', networkCommands)
    .command(
      lazily(
        'reputation [provider]',
        'Show what the last report says of every provider, or of one',
        async () => (await import('./reputation.js')).reputation,
      ),
    )
    .command(
      lazily(
        'explain <provider>',
        "Show why a provider has its score, recomputed from the verifiers' signed votes",
        async () => (await import('./explain.js')).explain,
      ),
    )
    .command('rewards', 'What verifiers and providers have earned', y =>
      y
        .command(
          lazily(
            'claim',
            'Have the rewards of an account paid, as the newest final report shows them',
            async () => (await import('./rewards.js')).rewardsClaim,
          ),
        )
        .demandCommand(1, 'Missing command: claim.'),
    )
    .command('keys', "A node's secret keys", y =>
      y
        .command(
          lazily(
            'encrypt',
            'Encrypt the keys of a data directory that holds plain ones',
            async () => (await import('./keys.js')).keysEncrypt,
          ),
        )
        .demandCommand(1, 'Missing command: encrypt.'),
    )
    .command(
      lazily(
        'export',
        'Save the scores of many epochs, a row for each provider and epoch',
        async () => (await import('./export.js')).exportCommand,
      ),
    )
    .command(
      lazily(
        'measure <provider>',
        'Measure one provider from this machine, as verifiers do',
        async () => (await import('./measure.js')).measure,
      ),
    )
    .command(
      lazily(
        'transcript <session>',
        'Save the signed evidence behind one vote',
        async () => (await import('./transcript.js')).transcript,
      ),
    )
    .command(
      lazily(
        'verify-transcript <file>',
        "Check a session's transcript byte by byte",
        async () => (await import('./verify-transcript.js')).verifyTranscript,
      ),
    )
    .demandCommand(1, 'Missing command.')
    .strict()
    .epilogue(EXIT_CODES_TEXT)
    .wrap(120)
    .exitProcess(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      throw error ?? Object.assign(new Error(message), { name: 'YError' })
    })
  return cli
}
