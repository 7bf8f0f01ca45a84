/** Signs from a purse until the disk is full, and again once there is room. Prints how often it signed, and what it heard. */
import { spawnSync } from 'node:child_process'
import { systemRandom } from '../../../probe/index.js'
import { receiptStart } from '../../../probe/wire/receipts.js'
import { Purse } from '../purse.js'
import { NETWORK } from './full-disk-network.js'

const MORE = 20

const faults: string[] = []
const purse = await Purse.open(process.argv[2]!, NETWORK, ({ code }) => faults.push(code))
const { id } = purse.channels[0]!
const refused: string[] = []
let signed = 0

async function pay(): Promise<void> {
  const point = receiptStart(systemRandom.bytes(32), systemRandom.bytes(8))
  await purse.pay(id, point, signed + 1, 1).then(
    () => signed++,
    error => refused.push(error.code),
  )
}

while (refused.length === 0) await pay()
// Where there is no such command, the disk stays full.
spawnSync('prlimit', ['--pid', `${process.pid}`, '--fsize=unlimited'])
for (let i = 0; i < MORE; i++) await pay()
process.stdout.write(JSON.stringify({ signed, refused, faults }))
