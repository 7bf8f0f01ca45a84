/** `bandwitness verifier doctor` and `bandwitness provider doctor`. */

import type { Argv, InferredOptionTypes, Options } from 'yargs'
import { accountOf } from '../../chain/account.js'
import { UserError } from '../../config/errors.js'
import type { DoctorJson } from '../../evidence/schema/doctor.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { parseUdpHost } from '../addresses.js'
import { findingText, worstOf } from '../finding.js'
import type { Command } from '../lazily.js'
import { type NODE_OPTIONS, type NodeFlags, nodeSettings } from '../node-settings.js'
import { print } from '../output.js'
import { printable, printableLines } from '../printable.js'
import { namedAccount } from '../provider-argument.js'
import { parseRate } from '../rate.js'
import { settings } from '../settings.js'
import { examine } from './doctor.js'
import type { TimeServer } from './sntp.js'

const OWN_OPTIONS = {
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
} as const satisfies Record<string, Options>

/** Those of `provider run` alone. */
interface RelayFlags {
  readonly limit?: string | undefined
  readonly link?: string | undefined
  readonly offload?: boolean | undefined
}

type Flags = NodeFlags & InferredOptionTypes<typeof OWN_OPTIONS> & RelayFlags & { json?: unknown }

/** @param runOptions those of the role's `run`, so that one file of settings serves both commands */
export const doctorCommand = (
  role: 'verifier' | 'provider',
  runOptions: typeof NODE_OPTIONS & Readonly<Record<string, Options>>,
): Command<Flags> => ({
  builder: y => {
    const logLevel = { ...runOptions['log-level'], default: 'fatal' as const }
    return settings(y, { ...runOptions, 'log-level': logLevel, ...OWN_OPTIONS }) as unknown as Argv<Flags>
  },
  handler: async flags => {
    const servers = (flags.ntp ?? []).map(timeServer)
    const through = flags.through === undefined ? undefined : namedAccount(flags.through)
    const rateKbps = flags.rate === undefined ? undefined : parseRate('rate', flags.rate)
    const limitKbps = flags.limit === undefined ? undefined : parseRate('limit', flags.limit)
    const linkKbps = flags.link === undefined ? undefined : parseRate('link', flags.link)
    const relay = { limitKbps, linkKbps, offload: flags.offload ?? false }
    const node = await nodeSettings(flags)
    const findings: Finding[] = []
    for await (const finding of examine({ role, settings: node, servers, rateKbps, through, relay })) {
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
