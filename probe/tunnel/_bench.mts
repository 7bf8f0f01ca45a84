import '../../proto/polyfill.js'
import { Pair } from './test/fixtures/pair.js'

const mb = Number(process.argv[2] ?? 50),
  delayMs = Number(process.argv[3] ?? 0),
  rate = Number(process.argv[4] ?? 4_000_000)
let got = 0,
  t0 = 0
const done = Promise.withResolvers<void>()
const pair = await Pair.open({
  onStream: s => {
    t0 = performance.now()
    s.on('data', d => {
      got += d.length
    })
    s.on('end', () => done.resolve())
  },
})
const n = Number(process.argv[5] ?? 1),
  legs = []
const loss = Number(process.argv[6] ?? 0),
  jitterMs = Number(process.argv[7] ?? 0)
for (let i = 0; i < n; i++) {
  const { leg } = pair.addLeg({ delayMs, jitterMs, loss }, rate)
  leg.unpad()
  legs.push(leg)
  leg.dead.then(w => console.log('dead', w))
}
await pair.client.established
const s = pair.client.openStream()
const b = Buffer.alloc(1 << 20, 7)
let left = mb
const go = () => {
  while (left-- > 0)
    if (!s.write(b)) {
      s.once('drain', go)
      return
    }
  s.end()
}
go()
await done.promise
const secs = (performance.now() - t0) / 1000
console.log(
  'Mbit/s',
  ((got * 8) / secs / 1e6).toFixed(0),
  'secs',
  secs.toFixed(2),
  pair.client.counts,
  pair.exit.counts,
  legs.map(l => [l.rttMs, l.jitterMs, l.provenUp]),
)
pair.close()
process.exit()
