/** `bandwitness provider`: what a node operator does with a provider. */
import type { Argv } from 'yargs'
import { doctorCommand } from '../../verifier/cli/doctor/command.js'
import { exitCommand } from '../../verifier/cli/exit.js'
import { initCommand } from '../../verifier/cli/init.js'
import { topUpCommand } from '../../verifier/cli/top-up.js'
import { withdrawCommand } from '../../verifier/cli/withdraw.js'
import { providerAlerts } from './alerts/command.js'
import { providerCheck } from './check-command.js'
import { providerClaim } from './claim-command.js'
import { providerRegister } from './register-command.js'
import { providerRun } from './run-command.js'

export const providerCommands = (y: Argv): Argv =>
  y
    .command(initCommand('provider'))
    .command(providerCheck)
    .command(providerRegister)
    .command(providerRun)
    .command(doctorCommand('provider'))
    .command(providerClaim)
    .command(providerAlerts)
    .command(topUpCommand('provider'))
    .command(exitCommand('provider'))
    .command(withdrawCommand('provider'))
    .demandCommand(1, 'Missing command: init, check, register, run, doctor, claim, alerts, top-up, exit or withdraw.')
