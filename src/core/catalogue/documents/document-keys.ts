import type { TypeDefinition } from "../type-definition.ts";

/**
 * A key for each type, in order: its name, and for a second version of the name that with the version behind it.
 * Nothing is read out of them.
 */
export function documentKeys(types: readonly TypeDefinition[]): string[] {
  const used = new Set<string>();
  return types.map(({ name, version }) => {
    const wanted = used.has(name) && version !== null ? `${name}.v${version}` : name;
    let key = wanted;
    for (let count = 2; used.has(key); count++) key = `${wanted}_${count}`;
    used.add(key);
    return key;
  });
}

/** Alphabetical, and of one name the versions in their order. */
export function inOrder(types: readonly TypeDefinition[]): TypeDefinition[] {
  return types.toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
}
