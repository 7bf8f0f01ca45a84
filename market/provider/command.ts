/** `bandwitness provider`: what a node operator does with a provider. */
import type { Argv } from 'yargs'
import { initCommand } from '../../verifier/cli/init.js'
import { providerCheck } from './check-command.js'
import { providerRegister } from './register-command.js'
import { providerRun } from './run-command.js'

export const providerCommands = (y: Argv): Argv =>
  y
    .command(initCommand('provider'))
    .command(providerCheck)
    .command(providerRegister)
    .command(providerRun)
    .demandCommand(1, 'Missing command: init, check, register or run.')
