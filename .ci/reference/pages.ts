/** The pages of docs/reference, from what the program says of itself. */
import { EXIT_METRICS } from '../../market/exit/exit-metrics.js'
import { PROVIDER_METRICS } from '../../market/provider/provider-metrics.js'
import { variableOf } from '../../verifier/cli/settings.js'
import type { Metric } from '../../verifier/metrics/metric.js'
import { VERIFIER_METRICS } from '../../verifier/metrics/verifier-metrics.js'
import { commandsUnder, helpOf, type Option, optionsOf } from './help.js'

const WIDTH = 100
const NOTE = '`npm run reference` writes this page.'
/** These ask about the program itself. */
const NO_SETTING = ['help', 'version']
/** Every command takes these. */
const EVERYWHERE = ['config', 'json']

/** By file name. */
export async function referencePages(): Promise<Readonly<Record<string, string>>> {
  const commands = await commandsUnder()
  return {
    'cli.md': await cliPage(commands),
    'configuration.md': await configurationPage(commands),
    'metrics.md': metricsPage(),
  }
}

async function cliPage(commands: readonly (readonly string[])[]): Promise<string> {
  const sections = await Promise.all(
    [[], ...commands].map(async command => {
      const name = ['bandwitness', ...command].join(' ')
      return `## ${name}\n\n\`\`\`\n${(await helpOf(command, WIDTH)).trimEnd()}\n\`\`\`\n`
    }),
  )
  return `# The command line\n\nWhat \`--help\` says of each command. ${NOTE} See also the [settings](configuration.md) and the\n[exit codes](../guides/exit-codes.md).\n\n${sections.join('\n')}`
}

interface Setting extends Option {
  readonly commands: readonly string[]
}

async function configurationPage(commands: readonly (readonly string[])[]): Promise<string> {
  const settings = new Map<string, Setting>()
  for (const command of commands) {
    for (const option of await optionsOf(command)) {
      if (NO_SETTING.includes(option.name)) continue
      const key = JSON.stringify(option)
      const known = settings.get(key)?.commands ?? []
      settings.set(key, { ...option, commands: [...known, command.join(' ')] })
    }
  }
  const rows = [...settings.values()].sort((a, b) => a.name.localeCompare(b.name, 'en')).map(settingRow)
  return `# Settings

A setting comes from the command's flag, else from its environment variable, else from the file that \`--config\` names, else
from its default. The file is YAML or JSON, and its names are those of the flags without dashes in front:
\`data-dir: /var/lib/bandwitness\`. A command ignores variables of other commands, and refuses other names in the file.
${NOTE}

${table(['setting', 'environment variable', 'type', 'default', 'what it is', 'commands'], rows)}`
}

function settingRow({ name, describe, notes, commands }: Setting): string[] {
  const fallback = notes.flatMap(note => /^default: (.*)/.exec(note)?.[1] ?? [])[0]
  const type = notes.filter(note => !note.startsWith('default: ') && note !== 'required').join(', ')
  const isRequired = notes.includes('required')
  const takers = EVERYWHERE.includes(name) ? 'every command' : commands.map(command => `\`${command}\``).join(', ')
  return [
    `\`--${name}\``,
    `\`${variableOf(name)}\``,
    type.replace('choices: ', 'one of '),
    isRequired ? 'required' : fallback === undefined ? '' : `\`${fallback}\``,
    describe,
    takers,
  ]
}

function metricsPage(): string {
  const kinds = new Map<string, { readonly metric: Metric<never>; readonly roles: string[] }>()
  const add = (role: string, metrics: readonly Metric<never>[]) => {
    for (const metric of metrics) {
      const known = kinds.get(metric.name)
      if (known === undefined) kinds.set(metric.name, { metric, roles: [role] })
      else known.roles.push(role)
    }
  }
  add('verifier', VERIFIER_METRICS)
  add('provider', PROVIDER_METRICS)
  add('exit', EXIT_METRICS)
  const rows = [...kinds.values()].map(({ metric: { name, kind, labels, help }, roles }) => [
    `\`${name}\``,
    kind,
    labels.map(label => `\`${label}\``).join(', '),
    roles.join(', '),
    help,
  ])
  return `# Metrics

A node answers \`GET /metrics\` at its API's address, in the text format of Prometheus. [Operations](../operations/README.md)
has a dashboard and alert rules. ${NOTE}

Counters begin at 0 when the node starts. Most metrics of a verifier have values from the start of the network on. No label names
a peer, an address or a key.

${table(['metric', 'type', 'labels', 'nodes', 'what it is'], rows)}
Beside these, a node tells of its process what all programs on Node.js tell, under the usual names: \`process_…\` (processor,
memory, open files) and \`nodejs_…\` (event loop, heap, garbage collection).
`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.map(cell).join(' | ')} |\n`).join('')
