/** `bandwitness verifier`: what a validator does with a verifier. */
import type { Argv } from 'yargs'
import { lazily } from './lazily.js'

export const verifierCommands = (y: Argv): Argv =>
  y
    .command(
      lazily('init', 'Make the data directory of a verifier, with new or imported keys', async () =>
        (await import('./init.js')).initCommand('verifier'),
      ),
    )
    .command(
      lazily(
        'register',
        'Deposit the bond and register a verifier',
        async () => (await import('./verifier-register.js')).verifierRegister,
      ),
    )
    .command(
      lazily(
        'run',
        'Run a registered verifier until interrupted',
        async () => (await import('./verifier-run.js')).verifierRun,
      ),
    )
    .command(
      lazily(
        'status',
        'Show the bond, the place in the set, the rewards, and what the running node does',
        async () => (await import('./verifier-status.js')).verifierStatus,
      ),
    )
    .command(
      lazily(
        'doctor',
        'Look at all that the node depends on, and say what to do; takes the options of `run`',
        async () => {
          const { doctorCommand } = await import('./doctor/command.js')
          return doctorCommand('verifier', (await import('./verifier-run.js')).RUN_OPTIONS)
        },
      ),
    )
    .command(
      lazily(
        'capacity <rate>',
        'Name another rate that the link can carry at once in each direction, such as 100mbps',
        async () => (await import('./capacity.js')).verifierCapacity,
      ),
    )
    .command(
      lazily('top-up', 'Add tokens to the bond: whoever waits for a place in the set enters by its bond', async () =>
        (await import('./top-up.js')).topUpCommand('verifier'),
      ),
    )
    .command(
      lazily(
        'exit',
        'Leave for good: the next freeze leaves the verifier out, and its bond unbonds from then on',
        async () => (await import('./exit.js')).exitCommand('verifier'),
      ),
    )
    .command(
      lazily('withdraw', 'Have the tokens paid out that are free, or released after an exit', async () =>
        (await import('./withdraw.js')).withdrawCommand('verifier'),
      ),
    )
    .command('record', "The record of all that the verifier's key has signed", record =>
      record
        .command(
          lazily(
            'export <file>',
            'Check the signing record and write a copy',
            async () => (await import('./verifier-record.js')).recordExport,
          ),
        )
        .command(
          lazily(
            'import <file>',
            'Add all that the same key has signed on another machine',
            async () => (await import('./verifier-record.js')).recordImport,
          ),
        )
        .demandCommand(1, 'Missing command: export or import.'),
    )
    .demandCommand(
      1,
      'Missing command: init, register, run, status, doctor, capacity, top-up, exit, withdraw or record.',
    )
