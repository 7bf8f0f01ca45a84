/** `bandwitness provider alerts`: tells an operator of a breach before the third one costs stake. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { InferredOptionTypes } from 'yargs'
import { API_OPTION } from '../../../verifier/cli/api-client.js'
import type { Command } from '../../../verifier/cli/lazily.js'
import { openLog } from '../../../verifier/cli/log.js'
import { NODE_OPTIONS } from '../../../verifier/cli/node-settings.js'
import { print } from '../../../verifier/cli/output.js'
import { accountOf, listed, namedAccount, PROVIDER_ARGUMENT } from '../../../verifier/cli/provider-argument.js'
import { settings } from '../../../verifier/cli/settings.js'
import { UserError } from '../../../verifier/config/errors.js'
import type { AlertJson, AlertsJson } from '../../../verifier/evidence/schema/alerts.js'
import { isAbort } from '../../../verifier/node/waiting.js'
import { type Look, type LookModules, type LookOptions, look } from './look.js'
import { readMemory } from './memory-file.js'
import { reportSource } from './report-source.js'
import { Shown } from './shown.js'
import { Webhook } from './webhook.js'

const OPTIONS = {
  ...API_OPTION,
  state: {
    type: 'string',
    demandOption: true,
    describe: 'File that remembers what was told; made if there is none, one for each provider',
  },
  webhook: { type: 'string', describe: 'URL to post each alert to, as JSON (default: standard output alone)' },
  'score-under': { type: 'number', describe: 'Tell of a score under so many per cent (default: of none)' },
  'unmeasured-for': {
    type: 'number',
    describe: 'Tell of so many reports in a row that certify no rate (default: of none)',
  },
  once: { type: 'boolean', default: false, describe: 'Look once, and end with exit code 11 if something is wrong' },
  'log-level': NODE_OPTIONS['log-level'],
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { provider?: string | undefined; json?: unknown }

/** Between two looks. A network with short epochs is looked at once an epoch. */
const LONGEST_PAUSE_MS = 60_000
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const providerAlerts: Command<Flags> = {
  builder: y => settings(y, OPTIONS).positional('provider', { ...PROVIDER_ARGUMENT, demandOption: true }),
  handler: async flags => {
    const who = namedAccount(flags.provider)
    const webhook = flags.webhook === undefined ? undefined : new Webhook(flags.webhook)
    const thresholds = {
      scoreUnderBps: scoreBpsOf(flags['score-under']),
      unmeasuredFor: reportsOf(flags['unmeasured-for']),
    }
    const provider = await accountOf(who, flags.api, listed(flags.api))
    const stopping = new AbortController()
    for (const signal of STOP_SIGNALS) process.on(signal, () => stopping.abort())
    const source = reportSource(flags.api, provider)
    const tell = async (alert: AlertJson) => webhook?.post(alert, stopping.signal)
    const shown = new Shown(alert => print(flags, alert, alertText))
    const options = { provider, thresholds, memoryPath: flags.state }
    if (flags.once) await lookOnce(flags, options, { source, tell })
    else await watch(options, { source, shown, tell }, openLog(flags['log-level']), stopping.signal)
  },
}

/** @throws UserError 'alert' if something is wrong; what the webhook's fault is */
async function lookOnce(flags: Flags, options: LookOptions, modules: LookModules): Promise<void> {
  const { epoch, active, told, fault } = (await look(options, modules)) ?? NO_REPORT
  const found = { provider: options.provider, epoch, active: active.map(({ kind, text }) => ({ kind, text })), told }
  print<AlertsJson>(flags, found, lookText)
  if (fault !== undefined) throw fault
  if (active.length === 0) return
  throw new UserError('alert', `Something is wrong with the provider: ${active.map(({ kind }) => kind).join(', ')}.`)
}

const NO_REPORT: Look = { epoch: 0, active: [], told: [] }

/** Until a signal. A verifier or a webhook that does not answer is asked again. @throws UserError that no wait mends */
async function watch(options: LookOptions, modules: LookModules, log: Logger, stopping: AbortSignal): Promise<void> {
  // What is wrong with --api or with --state is told at once.
  const { params, contracts } = await modules.source.network()
  await readMemory(options.memoryPath, options.provider, contracts.epochReports)
  const pauseMs = Math.min(LONGEST_PAUSE_MS, params.epochSeconds * 1000)
  let fault: string | undefined
  try {
    for (;;) {
      try {
        const seen = await look(options, modules)
        if (seen?.fault !== undefined) throw seen.fault
        if (fault !== undefined) log.info('looks at the provider again')
        fault = undefined
      } catch (error) {
        if (!(error instanceof UserError) || !MAY_PASS.includes(error.code)) throw error
        if (error.message !== fault) log.warn(error.message)
        fault = error.message
      }
      await pause(pauseMs, undefined, { signal: stopping })
    }
  } catch (error) {
    if (!isAbort(error)) throw error
  }
}

/** Of an answer that does not come, and of a disk that is full. */
const MAY_PASS: readonly UserError['code'][] = ['configuration', 'store']

function scoreBpsOf(percent: number | undefined): number | undefined {
  if (percent === undefined) return undefined
  if (percent > 0 && percent <= 100) return Math.round(percent * 100)
  throw new UserError('usage', '--score-under must be a score in per cent, above 0 and up to 100.')
}

function reportsOf(count: number | undefined): number | undefined {
  if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) return count
  throw new UserError('usage', '--unmeasured-for must be a number of reports, at least 1.')
}

const alertText = ({ event, provider, text }: AlertJson): string =>
  `${event === 'alert' ? '!' : '✓'} ${provider}: ${text}`

const lookText = ({ provider, epoch, active }: AlertsJson): string =>
  active.length === 0
    ? `✓ ${provider}: nothing is wrong, up to epoch ${epoch}.`
    : active.map(({ text }) => `! ${provider}: ${text}`).join('\n')
