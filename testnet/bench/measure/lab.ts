/** `npm run bench -- lab`: opens the lab for use by hand, until it is interrupted. */
import { parseArgs } from 'node:util'
import { NamespaceLab } from '../../lab/namespace-lab.js'
import { cellName, planGrid } from './grid.js'

const OPTIONS = {
  rate: { type: 'string', default: '100' },
  rtt: { type: 'string', default: '50' },
  loss: { type: 'string', default: '0' },
} as const

export async function run(args: string[]): Promise<number> {
  const { rate, rtt, loss } = parseArgs({ args, options: OPTIONS }).values
  const { cell } = planGrid({ rates: rate, rtts: rtt, losses: loss })[0]!
  const lab = await NamespaceLab.open()
  try {
    await lab.shape(cell)
    console.log(`${cellName(cell)}: ${lab.description}`)
    for (const { name, namespace } of lab.namespaces) console.log(`${name}: ${namespace.inside(['bash']).join(' ')}`)
    console.log('Press Ctrl-C to close the lab.')
    await new Promise(resolve => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, resolve)
    })
    return 0
  } finally {
    await lab.close()
  }
}
