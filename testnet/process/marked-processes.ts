/**
 * Processes that carry a mark in the environment they were started with. The mark finds what a list of process ids
 * cannot: a child whose parent was killed before it could write the id down, and the child's own children.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { identify, type ProcessIdentity } from './process-identity.js'

/** The variable that holds the mark. */
export const MARK = 'TESTNET_WATCHDOG'

/** Empty on a system without /proc. */
export function markedProcesses(mark: string): ProcessIdentity[] {
  return listProc()
    .filter(name => /^\d+$/.test(name) && environmentOf(name).includes(`${MARK}=${mark}`))
    .map(pid => identify(Number(pid)))
}

function listProc(): string[] {
  try {
    return readdirSync('/proc')
  } catch {
    return []
  }
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    return [] // The process has ended, or belongs to somebody else.
  }
}
