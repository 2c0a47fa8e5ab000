import { expect, test } from 'vitest'
import { bundlesJsonSchema } from '../../src/spec/schema.ts'

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  description?: string
  default?: unknown
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
}

test('every key has a description', () => {
  const nameless: string[] = []
  walk(bundlesJsonSchema(), '', (path, schema) => {
    if (schema.description === undefined) nameless.push(path)
  })
  expect(nameless).toEqual([])
})

test('keys that have a default say so, and no others', () => {
  const defaults: Record<string, unknown> = {}
  walk(bundlesJsonSchema(), '', (path, schema) => {
    if (schema.default !== undefined && !path.startsWith('/defaults')) defaults[path] = schema.default
  })
  expect(defaults).toMatchInlineSnapshot(`
    {
      "/bundles/*/capabilities": {
        "add": [],
        "drop": [],
      },
      "/bundles/*/checkout": "union",
      "/bundles/*/maskedPaths": [
        "/proc/acpi",
        "/proc/asound",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/sys/firmware",
      ],
      "/bundles/*/mounts/*/*/*/create": false,
      "/bundles/*/mounts/*/*/*/mode": "1777",
      "/bundles/*/mounts/*/*/*/readonly": true,
      "/bundles/*/mounts/*/*/*/target": "/sys/fs/cgroup",
      "/bundles/*/namespaces": [
        "ipc",
        "mount",
        "pid",
        "uts",
      ],
      "/bundles/*/noNewPrivileges": true,
      "/bundles/*/portable": false,
      "/bundles/*/readonlyPaths": [
        "/proc/bus",
        "/proc/fs",
        "/proc/irq",
        "/proc/sys",
        "/proc/sysrq-trigger",
      ],
      "/bundles/*/rlimits": {
        "nofile": 1024,
      },
      "/bundles/*/rootfs": "readonly",
      "/bundles/*/runtimes": [
        "runc",
        "crun",
        "bwrap-oci",
        "bwrap",
      ],
      "/bundles/*/seccomp": "unconfined",
      "/bundles/*/service/enable": true,
      "/bundles/*/service/restart": "on-failure",
      "/bundles/*/service/type": "simple",
      "/bundles/*/terminal": false,
      "/images/*/insecure": false,
      "/keep": 3,
      "/limits/depth": 1024,
      "/limits/entries": 5000000,
      "/limits/headerSize": "1MiB",
      "/limits/layerSize": "16GiB",
      "/limits/ratio": 1000,
      "/out": "out",
      "/store": ".ctrbuild",
    }
  `)
})

test('it is plain data, the same every time', () => {
  const text = JSON.stringify(bundlesJsonSchema())
  expect(JSON.stringify(bundlesJsonSchema())).toBe(text)
  expect(JSON.parse(text)).toEqual(bundlesJsonSchema())
})

function walk(schema: JsonSchema, path: string, visit: (path: string, schema: JsonSchema) => void): void {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    visit(`${path}/${key}`, value)
    walk(value, `${path}/${key}`, visit)
  }
  const inside = [schema.additionalProperties, schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  for (const value of inside) if (typeof value === 'object') walk(value, `${path}/*`, visit)
}
