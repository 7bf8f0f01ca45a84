/** `bandwitness verifier doctor` and `bandwitness provider doctor`. */

import type { InferredOptionTypes, Options } from 'yargs'
import { accountOf } from '../../chain/account.js'
import { UserError } from '../../config/errors.js'
import type { DoctorJson } from '../../evidence/schema/doctor.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { parseUdpHost } from '../addresses.js'
import { findingText, worstOf } from '../finding.js'
import type { Command } from '../lazily.js'
import { nodeSettings } from '../node-settings.js'
import { print } from '../output.js'
import { printable, printableLines } from '../printable.js'
import { namedAccount } from '../provider-argument.js'
import { parseRate } from '../rate.js'
import { settings } from '../settings.js'
import { RUN_OPTIONS } from '../verifier-run.js'
import { examine } from './doctor.js'
import type { TimeServer } from './sntp.js'

const OPTIONS = {
  ...RUN_OPTIONS,
  'log-level': { ...RUN_OPTIONS['log-level'], default: 'fatal' as const },
  ntp: {
    type: 'string',
    array: true,
    describe: "Time servers to ask, HOST or HOST:PORT (default: none; the chain's block times alone)",
  },
  rate: {
    type: 'string',
    describe: 'Rate to check this machine against, such as 100mbps (default: the registered capacity or claim)',
  },
  through: {
    type: 'string',
    describe:
      'Provider through which to measure the line, there and back: its address, a unique beginning, or its name in a testnet (default: none)',
  },
  limit: { type: 'string', describe: 'The limit that `provider run` is started with (default: none)' },
} as const satisfies Record<string, Options>

/** The options of one role alone are those of its `run`, so that one file of settings serves both commands. */
const { limit, 'public-api': publicApi, ...COMMON_OPTIONS } = OPTIONS

type Flags = InferredOptionTypes<typeof COMMON_OPTIONS> & { limit?: string | undefined; json?: unknown }

export const doctorCommand = (role: 'verifier' | 'provider'): Command<Flags> => ({
  builder: y => settings(y, { ...COMMON_OPTIONS, ...(role === 'provider' ? { limit } : { 'public-api': publicApi }) }),
  handler: async flags => {
    const servers = (flags.ntp ?? []).map(timeServer)
    const through = flags.through === undefined ? undefined : namedAccount(flags.through)
    const rateKbps = flags.rate === undefined ? undefined : parseRate('rate', flags.rate)
    const limitKbps = flags.limit === undefined ? undefined : parseRate('limit', flags.limit)
    const node = await nodeSettings(flags)
    const findings: Finding[] = []
    for await (const finding of examine({ role, settings: node, servers, rateKbps, limitKbps, through })) {
      findings.push(finding)
      if (!flags.json) process.stdout.write(`${printableLines(findingText(finding))}\n`)
    }
    const grade = worstOf(findings)
    if (flags.json) {
      const { network, keys } = node
      print<DoctorJson>(flags, { role, account: accountOf(keys.evm), network: network.name, grade, findings }, String)
    }
    if (grade === 'bad') throw notFit(findings)
  },
})

function notFit(findings: readonly Finding[]): UserError {
  const subjects = findings.filter(({ grade }) => grade === 'bad').map(({ subject }) => subject)
  const what = [...new Set(subjects)].map(printable).join(', ')
  return new UserError('not-fit', `Not fit to run: ${what}. Do what the lines marked ✗ say, then run doctor again.`)
}

/** @throws UserError 'usage' */
function timeServer(text: string): TimeServer {
  try {
    return parseUdpHost(text)
  } catch (cause) {
    throw new UserError('usage', `--ntp ${text} is no host. Give one such as pool.ntp.org or 203.0.113.7:123.`, {
      cause,
    })
  }
}
