/** JSON Merge Patch (RFC 7396). */
import { isJsonObject, type Json } from '../spec/json-text.ts'

/** The target with a patch applied: objects are merged, `null` removes a member, anything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const members = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name)
    else members.set(name, mergePatch(members.get(name), value))
  }
  return Object.fromEntries(members)
}
