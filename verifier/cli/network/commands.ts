/** `bandwitness network`: deploys a network, and looks at one. */
import type { Argv } from 'yargs'
import { lazily } from '../lazily.js'

export const networkCommands = (y: Argv): Argv =>
  y
    .command(
      lazily(
        'check',
        'Say whether a chain offers what a network needs',
        async () => (await import('./check.js')).networkCheck,
      ),
    )
    .command(
      lazily(
        'show <file>',
        'Show a network file, and what the chain says of the network',
        async () => (await import('./show.js')).networkShow,
      ),
    )
    .command(
      lazily(
        'deploy',
        'Deploy the contracts of a network, and write its network file',
        async () => (await import('./deploy.js')).networkDeploy,
      ),
    )
    .demandCommand(1, 'Missing command: check, show or deploy.')
