import { UserError } from '../config/errors.js'

export const MAX_PORT = 65_535

/** @param port 0 takes a free one. @throws UserError 'usage' */
export function parsePort(option: string, port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port
  throw new UserError('usage', `--${option} must be a port: a whole number from 0 to ${MAX_PORT}.`)
}

/** `127.0.0.1:7380`; port 0 takes a free one. @throws UserError 'usage' */
export function parseHostPort(option: string, text: string): { host: string; port: number } {
  const parsed = hostAndPort(text)
  if (parsed !== undefined) return parsed
  if (text.includes('/'))
    throw new UserError('usage', `--${option} ${text} is a URL. Give host and port alone, such as 127.0.0.1:7380.`)
  throw new UserError('usage', `--${option} ${text} is not a host and port. Give both, such as 127.0.0.1:7380.`)
}

/** @returns undefined for a text that is none */
export function hostAndPort(text: string): { host: string; port: number } | undefined {
  const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  return match && port <= MAX_PORT && !text.includes('/') ? { host: match[1]!, port } : undefined
}
