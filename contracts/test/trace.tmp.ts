import { TestNetwork } from './support/network.js'
describe('t', function () { this.timeout(200000); it('x', async () => {
  const n = await TestNetwork.running()
  await n.report(1)
  await n.enter(3)
  const c = n.certify(await n.header(2))
  await n.evm.mine(1)
  const data = n.reports.interface.encodeFunctionData('post', [c.header, c.round, c.nonSigners, c.signature])
  const t: any = await n.evm.rpc('debug_traceCall', { from: n.deployer, to: n.reports.address, data, gas: '0x1000000' }, 'latest', { disableStorage: true, disableStack: false })
  const r = { gasUsed: t.gas }; console.log(t.failed, t.returnValue, (await n.evm.call(n.deployer, n.reports.address, data)))
  const by: Record<string, [number, number]> = {}
  const logs = t.structLogs
  for (let i = 0; i < logs.length; i++) {
    const l = logs[i]; let cost = l.gasCost
    const next = logs[i + 1]
    if (next && next.depth === l.depth) cost = l.gas - next.gas
    else if (next && next.depth > l.depth) cost = 0
    let k = l.op
    if (l.op === 'STATICCALL') k += ' ' + l.stack.at(-2)
    const e = (by[k] ??= [0, 0]); e[0]++; e[1] += cost
  }
  console.log(r.gasUsed, logs.length)
  for (const [k, v] of Object.entries(by).sort((a, b) => b[1][1] - a[1][1]).slice(0, 32)) console.log(k, v.join(' '))
}) })
