import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The command line that runs one of this package's modules as a process of its own. A compiled caller runs the compiled
 * module; a caller that runs from its TypeScript source (tests) runs the source through tsx.
 * @param base `import.meta.url` of the caller
 * @param module relative to the caller, with its `.js` ending
 */
export function entryPoint(base: string, module: string): string[] {
  const compiled = fileURLToPath(new URL(module, base))
  if (existsSync(compiled)) return [process.execPath, '--enable-source-maps', compiled]
  const tsx = pathToFileURL(createRequire(base).resolve('tsx')).href
  return [process.execPath, '--import', tsx, compiled.replace(/\.js$/, '.ts')]
}
