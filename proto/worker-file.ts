/** Where a worker's file is, and how a thread loads it. */
export interface WorkerFile {
  readonly url: URL
  /** options of Node.js for the thread; the options of the process if undefined */
  readonly execArgv?: string[]
}

/**
 * A compiled module starts the compiled worker beside it. A module that runs from source, as in tests, starts the source: a
 * thread does not inherit the TypeScript loader, so it registers one itself.
 * @param from `import.meta.url` of the module that starts the worker. @param name of the worker beside it, without extension
 */
export function workerFile(from: string, name: string): WorkerFile {
  if (!from.endsWith('.ts')) return { url: new URL(`./${name}.js`, from) }
  const loader = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}; register()`
  return {
    url: new URL(`./${name}.ts`, from),
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(loader)}`],
  }
}
