/** The table in docs/gas.md. A run with `UPDATE_GAS=1` writes the table; every run compares with it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { repositoryRoot } from '../../root.js'

export interface GasRow {
  readonly call: string
  readonly gas: number
  /** The most gas that the call may cost. */
  readonly bound?: number
}

/** Zero bytes are cheaper to send, and hashes and signatures differ in their number of zero bytes. */
const TOLERANCE = 0.02

const file = (): string => join(repositoryRoot(), 'docs', 'gas.md')

/** @throws AssertionError if a figure breaks its bound or differs by 2 % or more from the table */
export function compareGas(rows: readonly GasRow[]): void {
  for (const { call, gas, bound } of rows) {
    if (bound !== undefined) expect(gas, `${call}: gas`).to.be.at.most(bound)
  }
  if (process.env.UPDATE_GAS) writeFileSync(file(), render(rows))
  const known = new Map(parse(readFileSync(file(), 'utf8')))
  const advice = 'run "UPDATE_GAS=1 npx mocha contracts/test/gas.test.ts" if the change is intended'
  expect([...known.keys()], `calls in docs/gas.md: ${advice}`).to.have.members(rows.map(({ call }) => call))
  for (const { call, gas } of rows) {
    const before = known.get(call)!
    expect(Math.abs(gas - before) / before, `${call}: ${gas} gas, was ${before}: ${advice}`).to.be.below(TOLERANCE)
  }
}

const HEAD = `# What calls cost

Gas of whole transactions, fees for data included, on the testnet's chain (osaka). Measured by
\`contracts/test/gas.test.ts\`, which fails when a figure moves by more than 2 % or breaks its bound.
\`UPDATE_GAS=1 npx mocha contracts/test/gas.test.ts\` writes this page.

| call | gas | at most |
|---|---:|---:|
`

const render = (rows: readonly GasRow[]): string =>
  HEAD + rows.map(({ call, gas, bound }) => `| ${call} | ${number(gas)} | ${bound ? number(bound) : ''} |\n`).join('')

const number = (gas: number): string => gas.toLocaleString('en-US')

const parse = (page: string): [string, number][] =>
  [...page.matchAll(/^\| (.+?) \| ([\d,]+) \|/gm)].map(([, call, gas]) => [call!, Number(gas!.replaceAll(',', ''))])
