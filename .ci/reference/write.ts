/** `tsx .ci/reference/write.ts` writes the pages of docs/reference again. A test compares them with the program. */
import '../../proto/polyfill.js'
import { writeFileSync } from 'node:fs'
import { referencePages } from './pages.js'

const FOLDER = 'docs/reference'

// Imports that are under way keep no process alive.
setInterval(() => {}, 1000)
const pages = await referencePages()
for (const [name, text] of Object.entries(pages)) writeFileSync(`${FOLDER}/${name}`, text)
console.error(`wrote ${Object.keys(pages).length} pages in ${FOLDER}`)
process.exit(0)
