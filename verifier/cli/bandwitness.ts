#!/usr/bin/env node
import '../../proto/polyfill.js'
import { main } from './main.js'
import { reportError } from './report-error.js'

const end = (error: unknown): never => process.exit(reportError(error))

process.on('uncaughtException', end)
process.stderr.on('error', () => undefined) // there is no other place to say it
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0) // its reader has seen enough, as in `| head`
  end(error)
})

process.exit(await main(process.argv.slice(2)))
