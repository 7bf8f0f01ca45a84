import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The repository's root: the nearest folder upwards that has a package.json, so that the sources and their build are
 * found both from here and from the compiled `dist/`.
 */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder)
      throw new Error('no package.json above the contracts: the installation is damaged, run "npm ci"')
    folder = parent
  }
  return folder
}

export const buildFolder = (): string => join(repositoryRoot(), 'contracts', 'build')
