/** `bandwitness exit`: where the tunnels of clients end. */
import type { Argv } from 'yargs'
import { lazily } from '../../verifier/cli/lazily.js'

export const exitCommands = (y: Argv): Argv =>
  y
    .command(
      lazily(
        'init',
        "Make an exit's keys in the data directory of a provider",
        async () => (await import('./init-command.js')).exitInit,
      ),
    )
    .command(
      lazily('run', 'Run an exit until interrupted', async () => {
        await import('../small-nursery.js')
        return (await import('./run-command.js')).exitRun
      }),
    )
    .demandCommand(1, 'Missing command: init or run.')
