/** A registered verifier that takes part in nothing. */
process.stdout.write(`${JSON.stringify({ event: 'ready', role: 'verifier', pid: process.pid })}\n`)
setInterval(() => {}, 60_000) // until a signal ends it
