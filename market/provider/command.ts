/** `bandwitness provider`: what a node operator does with a provider. */
import type { Argv } from 'yargs'
import { lazily } from '../../verifier/cli/lazily.js'

export const providerCommands = (y: Argv): Argv =>
  y
    .command(
      lazily('init', 'Make the data directory of a provider, with new or imported keys', async () =>
        (await import('../../verifier/cli/init.js')).initCommand('provider'),
      ),
    )
    .command(
      lazily(
        'check',
        'Ask a verifier whether this provider can be reached, before you register it',
        async () => (await import('./check-command.js')).providerCheck,
      ),
    )
    .command(
      lazily(
        'register',
        'Deposit the stake that a claim needs, and register a provider',
        async () => (await import('./register-command.js')).providerRegister,
      ),
    )
    .command(
      lazily(
        'run',
        'Run a registered provider until interrupted',
        async () => (await import('./run-command.js')).providerRun,
      ),
    )
    .command(
      lazily(
        'doctor',
        'Look at all that the node depends on, and say what to do; takes the options of `run`',
        async () => {
          const { doctorCommand } = await import('../../verifier/cli/doctor/command.js')
          return doctorCommand('provider', (await import('./run-options.js')).RUN_OPTIONS)
        },
      ),
    )
    .command(
      lazily(
        'claim <rate>',
        'Promise another rate, such as 50mbps: it counts from a later window on, and a higher one may need more stake',
        async () => (await import('./claim-command.js')).providerClaim,
      ),
    )
    .command(
      lazily(
        'offer',
        'Say what you ask for carrying traffic, show what you have asked for, or take it back',
        async () => (await import('./offer-command.js')).providerOffer,
      ),
    )
    .command(
      lazily(
        'redeem',
        'Have the payments that the provider and its exit hold paid out now; the node that runs does so by itself',
        async () => (await import('./redeem-command.js')).providerRedeem,
      ),
    )
    .command(
      lazily(
        'alerts <provider>',
        'Watch a provider, and tell of breaches before they cost stake',
        async () => (await import('./alerts/command.js')).providerAlerts,
      ),
    )
    .command(
      lazily(
        'top-up',
        'Add tokens to the stake: a higher claim needs a higher stake, and a penalty has made it lower',
        async () => (await import('../../verifier/cli/top-up.js')).topUpCommand('provider'),
      ),
    )
    .command(
      lazily('exit', 'Leave for good: the provider is measured no more, and its stake unbonds', async () =>
        (await import('../../verifier/cli/exit.js')).exitCommand('provider'),
      ),
    )
    .command(
      lazily('withdraw', 'Have the tokens paid out that are free, or released after an exit', async () =>
        (await import('../../verifier/cli/withdraw.js')).withdrawCommand('provider'),
      ),
    )
    .demandCommand(
      1,
      'Missing command: init, check, register, run, doctor, claim, offer, redeem, alerts, top-up, exit or withdraw.',
    )
