/** `bandwitness config show`: the settings of a node as it would run, each with the place that it comes from. */
import type { Argv, CommandModule, Options } from 'yargs'
import { Parser } from 'yargs/helpers'
import { UserError } from '../config/errors.js'
import { loadNetworkFile } from '../config/network-file.js'
import { rpcUrls, shownUrl } from '../config/rpc-urls.js'
import type { ConfigJson, SettingJson } from '../evidence/schema/data-directory.js'
import { readConfig } from './config-file.js'
import { print } from './output.js'
import { settings, variableOf } from './settings.js'
import { textTable } from './text-table.js'

type Role = ConfigJson['role']
type NamedOptions = Readonly<Record<string, Options>>
type Flags = Record<string, unknown> & { json?: unknown }

/** @param optionsOf the options of `run`. @param args of the command line */
export const configCommands = (y: Argv, optionsOf: Record<Role, NamedOptions>, args: readonly string[]): Argv =>
  y
    .command('show', 'Show each setting of a node, and where it comes from', show =>
      show
        .command(showCommand('verifier', optionsOf.verifier, args))
        .command(showCommand('provider', optionsOf.provider, args))
        .demandCommand(1, 'Missing node: verifier or provider.'),
    )
    .demandCommand(1, 'Missing command: show.')

const showCommand = (role: Role, options: NamedOptions, args: readonly string[]): CommandModule<object, Flags> => ({
  command: role,
  describe: `Settings with which \`${role} run\` would start here; takes the same options`,
  builder: y => settings(y, optional(options)) as Argv<Flags>,
  handler: async flags => {
    const own = ownSettings(options, flags, args)
    const found = [...own, ...(typeof flags.network === 'string' ? await networkSettings(flags.network) : [])]
    print<ConfigJson>(flags, { role, settings: found }, configText)
  },
})

const optional = (options: NamedOptions): Record<string, Options> =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, { ...option, demandOption: false }]))

/** In the order in which the command line looks: the flag, the environment, the file, the default. */
function ownSettings(options: NamedOptions, flags: Flags, args: readonly string[]): SettingJson[] {
  const names = Object.keys(options)
  const given = Parser([...args], { string: names })
  const path = typeof flags.config === 'string' ? flags.config : undefined
  const inFile = path === undefined ? {} : readConfig(path)
  return names.map((name): SettingJson => {
    const value = shown(name, flags[name])
    if (name in given || camelCase(name) in given) return { name, value, source: 'flag', place: `--${name}` }
    if (process.env[variableOf(name)] !== undefined) {
      return { name, value, source: 'environment', place: variableOf(name) }
    }
    if (name in inFile || camelCase(name) in inFile) return { name, value, source: 'file', place: path! }
    return { name, value, source: value === null ? 'unset' : 'default', place: null }
  })
}

/** What the network fixes for all of its nodes. */
async function networkSettings(path: string): Promise<SettingJson[]> {
  const { name, chainId, params } = await loadNetworkFile(path)
  return Object.entries({ name, chainId, ...params }).map(([key, value]) => ({
    ...{ name: `network ${key}`, value, source: 'network', place: path },
  }))
}

/** Most chain services put the customer's key into the URL. @throws UserError 'usage' for text where a number belongs */
function shown(name: string, value: unknown): SettingJson['value'] {
  if (value === undefined) return null
  if (Number.isNaN(value)) throw new UserError('usage', `--${name} must be a number.`)
  if (name === 'rpc') return rpcUrls(String(value)).map(shownUrl).join(',')
  return value as SettingJson['value']
}

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())

const configText = ({ settings: found }: ConfigJson): string =>
  textTable([
    ['SETTING', 'VALUE', 'FROM'],
    ...found.map(({ name, value, source, place }) => [
      name,
      valueText(value),
      place === null ? source : `${source} ${place}`,
    ]),
  ])

const valueText = (value: SettingJson['value']): string =>
  value === null ? '-' : Array.isArray(value) ? value.join(' ') : String(value)
