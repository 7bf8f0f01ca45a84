import type { Argv, CommandModule } from 'yargs'

/** A command without its name. */
export type Command<Flags> = Required<Pick<CommandModule<object, Flags>, 'handler'>> & {
  readonly builder: (y: Argv) => Argv<Flags>
}

/**
 * A command whose module is loaded when somebody calls it or asks for its help. To load all of them, and the libraries that
 * they use, takes a second.
 * @param command its name and positional arguments
 */
export const lazily = <Flags>(
  command: string,
  describe: string,
  load: () => Promise<Command<Flags>>,
): CommandModule<object, Flags> => ({
  command,
  describe,
  // The parser waits for a builder, but its types do not say so.
  builder: (async (y: Argv) => (await load()).builder(y)) as unknown as (y: Argv) => Argv<Flags>,
  handler: async flags => (await load()).handler(flags),
})
