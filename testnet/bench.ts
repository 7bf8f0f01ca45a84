/** `npm run bench -- NAME …`: the project's figures, measured on this machine. */
import '../proto/polyfill.js'
import { UserError } from '../verifier/config/errors.js'

interface Bench {
  /** The exit code. */
  run(args: string[]): Promise<number>
}

const BENCHES: Record<string, () => Promise<Bench>> = {
  measure: () => import('./bench/measure/measure.js'),
  lab: () => import('./bench/measure/lab.js'),
  cheat: () => import('./bench/cheat/cheat.js'),
  strangers: () => import('./bench/strangers/strangers.js'),
  justice: () => import('./bench/justice/justice.js'),
  tunnel: () => import('./bench/tunnel/tunnel.js'),
  lanes: () => import('./bench/lanes/lanes.js'),
  escrow: () => import('./bench/escrow/escrow.js'),
  dataplane: () => import('./bench/dataplane/dataplane.js'),
  'dataplane-sessions': () => import('./bench/dataplane/sessions.js'),
  bls: () => import('./bench/bls/bls.js'),
  sim: () => import('./bench/sim/sim.js'),
  decoys: () => import('./bench/decoys/decoys.js'),
  store: () => import('./bench/store/store.js'),
  scale: () => import('./bench/scale/scale.js'),
  tables: () => import('./bench/tables.js'),
}

const [name = '', ...args] = process.argv.slice(2)
process.exit(await main())

async function main(): Promise<number> {
  const load = BENCHES[name]
  if (!load) {
    console.error(`usage: npm run bench -- NAME …, with one of the names ${Object.keys(BENCHES).join(', ')}`)
    return 2
  }
  try {
    return await (await load()).run(args)
  } catch (error) {
    if (!(error instanceof UserError) && !isWrongOption(error)) throw error
    console.error(error.message)
    return 2
  }
}

function isWrongOption(error: unknown): error is Error {
  return error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
}
