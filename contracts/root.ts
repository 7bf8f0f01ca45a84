import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The repository's root: the nearest parent folder with a package.json. The same folder is found from this source and
 * from the compiled copy in `dist/`.
 */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder)
      throw new Error('No package.json above the contracts: the installation is damaged. Run `npm ci`.')
    folder = parent
  }
  return folder
}

export const buildFolder = (): string => join(repositoryRoot(), 'contracts', 'build')
