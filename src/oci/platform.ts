/** Platforms of the OCI image specification (image-index.md, `platform`). */
import { CtrbuildError } from '../errors.ts'

/** What an image was built for, in Go's terms: `linux`, `arm64`, `v8`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant: string | undefined
}

const GO_ARCHITECTURE: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  mips64el: 'mips64le',
  mipsel: 'mipsle',
  ppc64: 'ppc64le',
}

/** The platform of the machine, from Node's `process.arch`. ctrbuild runs on Linux only. */
export function hostPlatform(nodeArch: string): Platform {
  return { os: 'linux', architecture: GO_ARCHITECTURE[nodeArch] ?? nodeArch, variant: undefined }
}

/**
 * Reads `os/architecture[/variant]`.
 * @throws CtrbuildError REFERENCE_INVALID
 */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/')
  const parts = [os, architecture, variant ?? 'x']
  if (rest.length > 0 || !parts.every(part => part !== undefined && /^[a-z0-9._-]+$/.test(part))) {
    throw new CtrbuildError(
      'REFERENCE_INVALID',
      `platform ${JSON.stringify(text)} is not os/architecture[/variant]`,
      {
        hint: 'For example linux/amd64 or linux/arm/v7',
      },
    )
  }
  return { os: os!, architecture: architecture!, variant }
}

/** `os/architecture[/variant]`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}
