/** `bandwitness client`: sends a user's traffic through providers, and pays for what they carry. */
import type { Argv } from 'yargs'
import { lazily } from '../../verifier/cli/lazily.js'

export const clientCommands = (y: Argv): Argv =>
  y
    .command(
      lazily('init', 'Make the data directory of a client, with new or imported keys', async () =>
        (await import('../../verifier/cli/init.js')).initCommand('client'),
      ),
    )
    .command(
      lazily('run', 'Take connections by SOCKS5 and HTTP CONNECT until interrupted', async () => {
        await import('../small-nursery.js')
        return (await import('./run-command.js')).clientRun
      }),
    )
    .command(
      lazily(
        'status',
        'Show the legs of the client that runs, and what it has paid',
        async () => (await import('./status-command.js')).clientStatus,
      ),
    )
    .command(
      lazily(
        'channels',
        'List the channels that the account pays from',
        async () => (await import('./channels-command.js')).clientChannels,
      ),
    )
    .command(
      lazily(
        'close',
        'Take back what is left in the channels: begins their thaw, and ends those whose thaw is over',
        async () => (await import('./close-command.js')).clientClose,
      ),
    )
    .demandCommand(1, 'Missing command: init, run, status, channels or close.')
