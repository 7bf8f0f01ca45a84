/** `--allow CIDR:PORT`, an address range and a port that an exit may connect to although the addresses are not public. */
import { isIP } from 'node:net'
import { UserError } from '../../verifier/config/errors.js'
import type { Allowed } from './reaching.js'

const FORM = /^\[?([0-9a-fA-F:.]+)\]?\/(\d{1,3}):(\d{1,5})$/
const BITS = { 4: 32, 6: 128 } as const

/** @throws UserError 'usage' */
export function parseAllowed(text: string): Allowed {
  const [, network = '', prefixText, portText] = FORM.exec(text) ?? []
  const [family, prefix, port] = [isIP(network), Number(prefixText), Number(portText)]
  const isRange = (family === 4 || family === 6) && prefix <= BITS[family]
  if (isRange && port >= 1 && port <= 0xffff) return { network, prefix, port }
  throw new UserError(
    'usage',
    `--allow ${text} is not CIDR:PORT. Give an address range and a port, such as 10.0.0.0/8:8080 or [fd00::]/8:443.`,
  )
}
