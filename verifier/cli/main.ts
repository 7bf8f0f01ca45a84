/**
 * The command line: its commands, and how it ends. A setting comes from the flag, else from BANDWITNESS_…, else from the
 * --config file, else from the default. Exit codes are those of `EXIT_CODE`; an error is one line on standard error.
 */
import yargs, { type Argv } from 'yargs'
import { EXIT_CODE, UserError } from '../config/errors.js'
import { verifierCapacity } from './capacity.js'
import { readConfig } from './config-file.js'
import { configCommands } from './config-show.js'
import { doctorCommand } from './doctor/command.js'
import { exitCommand } from './exit.js'
import { explain } from './explain.js'
import { exportCommand } from './export.js'
import { initCommand } from './init.js'
import { keys } from './keys.js'
import { measure } from './measure.js'
import { networkCheck } from './network/check.js'
import { networkDeploy } from './network/deploy.js'
import { networkShow } from './network/show.js'
import { networkStart } from './network/start.js'
import { NODE_OPTIONS } from './node-settings.js'
import { parserMessage } from './parser-message.js'
import { reportError } from './report-error.js'
import { reputation } from './reputation.js'
import { rewards } from './rewards.js'
import { topUpCommand } from './top-up.js'
import { transcript } from './transcript.js'
import { verifierRecord } from './verifier-record.js'
import { verifierRegister } from './verifier-register.js'
import { verifierRun } from './verifier-run.js'
import { verifierStatus } from './verifier-status.js'
import { verifyTranscript } from './verify-transcript.js'
import { withdrawCommand } from './withdraw.js'

const EXIT_CODES_TEXT = `Exit codes: 0 success, ${Object.entries(EXIT_CODE)
  .map(([name, code]) => `${code} ${name.replaceAll('-', ' ')}`)
  .join(', ')}. See docs/guides/exit-codes.md.`

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await commandLine(args).parseAsync()
    return 0
  } catch (error) {
    return reportError(error)
  }
}

export function commandLine(args: readonly string[]): Argv {
  /** The parser keeps only the message of an error of its `configParser`. */
  let configFault: unknown
  const configParser = (path: string) => {
    try {
      return readConfig(path)
    } catch (error) {
      configFault = error
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
    // Commands that are built on top of the verifier are loaded only when they are called.
    .command('testnet', 'Run a whole network on this machine, and check what it certifies', async y =>
      (await import('../../testnet/command.js')).testnetCommands(y),
    )
    .command('verifier', 'Measure providers and certify reports', y =>
      y
        .command(initCommand('verifier'))
        .command(verifierRegister)
        .command(verifierRun)
        .command(verifierStatus)
        .command(doctorCommand('verifier'))
        .command(verifierCapacity)
        .command(topUpCommand('verifier'))
        .command(exitCommand('verifier'))
        .command(withdrawCommand('verifier'))
        .command(verifierRecord)
        .demandCommand(
          1,
          'Missing command: init, register, run, status, doctor, capacity, top-up, exit, withdraw or record.',
        ),
    )
    .command('provider', 'Relay traffic at a promised rate', async y =>
      (await import('../../market/provider/command.js')).providerCommands(y),
    )
    .command('config', 'The settings of a node', async y => {
      const { RUN_OPTIONS } = await import('../../market/provider/run-command.js')
      return configCommands(y, { verifier: NODE_OPTIONS, provider: RUN_OPTIONS }, args)
    })
    .command('network', 'Deploy a network to a chain, and look at one', y =>
      y
        .command(networkCheck)
        .command(networkShow)
        .command(networkDeploy)
        .command(networkStart)
        .demandCommand(1, 'Missing command: check, show, deploy or start.'),
    )
    .command(reputation)
    .command(explain)
    .command(rewards)
    .command(keys)
    .command(exportCommand)
    .command(measure)
    .command(transcript)
    .command(verifyTranscript)
    .demandCommand(1, 'Missing command.')
    .strict()
    .epilogue(EXIT_CODES_TEXT)
    .wrap(120)
    .exitProcess(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      if (configFault !== undefined) throw configFault
      throw error && error.name !== 'YError'
        ? error
        : new UserError(
            'usage',
            `${parserMessage(message ?? error?.message ?? 'Wrong usage')} Run \`bandwitness --help\`.`,
          )
    })
  return cli
}
