/** How the page is built: into dist/verifier/page, with nothing from another host. Run by `npm run build`. */
import { readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'
import { readGlossary } from './build/glossary.js'

const GLOSSARY = new URL('../../docs/protocol/glossary.md', import.meta.url)

const glossary: Plugin = {
  name: 'glossary',
  resolveId: id => (id === 'virtual:glossary' ? id : undefined),
  load(id) {
    if (id !== 'virtual:glossary') return undefined
    this.addWatchFile(GLOSSARY.pathname)
    return `export const glossary = ${JSON.stringify(readGlossary(readFileSync(GLOSSARY, 'utf8')))}`
  },
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [glossary],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/verifier/page/files',
    emptyOutDir: true,
    // Whatever is inlined would be a data: address, which the page's policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
})
